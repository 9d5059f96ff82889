"""Which changes of a project make pnpm write pnpm-lock.yaml anew; each was tried with pnpm 8.15, 9.15, 10.34 and 12.21."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.node.pnpm_lock_form import is_harmless_setting, pnpm_rewrites_because, versions_of
from dfix.rewriter.manifests.node.pnpm_lock_text import pnpm_lock
from tests.processor import allowed

LOCK = """\
lockfileVersion: '9.0'

settings:
  autoInstallPeers: true
  excludeLinksFromLockfile: false

catalogs:
  default:
    semver:
      specifier: ^7.0.0
      version: 7.6.0

importers:

  .:
    dependencies:
      '@x/ui':
        specifier: workspace:*
        version: link:packages/ui
    devDependencies:
      semver:
        specifier: 'catalog:'
        version: 7.6.0

  packages/none: {}

  packages/ui:
    dependencies:
      debug:
        specifier: 4.3.4
        version: 4.3.4(supports-color@9.0.0)
      react:
        specifier: ^18.0.0
        version: 18.3.1
    optionalDependencies:
      fsevents:
        specifier: 2.3.3
        version: 2.3.3

packages:

  debug@4.3.4:
    resolution: {integrity: sha512-x}
    engines: {node: '>=6.0'}
    deprecated: |-
      Moved:
        elsewhere
    peerDependencies:
      supports-color: '*'
    peerDependenciesMeta:
      supports-color:
        optional: true

  fsevents@2.3.3:
    resolution: {integrity: sha512-x}
    os: [darwin]

  ms@2.1.2:
    resolution: {integrity: sha512-x}

  react@18.3.1:
    resolution: {integrity: sha512-x}

  semver@7.6.0:
    resolution: {integrity: sha512-x}

snapshots:

  debug@4.3.4(supports-color@9.0.0):
    dependencies:
      ms: 2.1.2
    transitivePeerDependencies:
      - supports-color

  fsevents@2.3.3:
    optional: true

  ms@2.1.2: {}

  react@18.3.1: {}

  semver@7.6.0: {}
"""
PROJECT: dict[str, Any] = {
    "package.json": {"name": "a", "dependencies": {"@x/ui": "workspace:*"}, "devDependencies": {"semver": "catalog:"}},
    "packages/none/package.json": {"name": "none"},
    "packages/ui/package.json": {
        "name": "@x/ui",
        "version": "1.0.0",
        "dependencies": {"debug": "4.3.4"},
        "optionalDependencies": {"fsevents": "2.3.3"},
        "peerDependencies": {"react": "^18.0.0"},
    },
}
WORKSPACE: dict[str, Any] = {"packages": ["packages/*"], "catalog": {"semver": "^7.0.0", "unused": "1.0.0"}}
UI = "packages/ui/package.json"
_Edit = Callable[[dict[str, Any], dict[str, Any]], object]


def _answer(text: str = LOCK, edit: _Edit | None = None, arguments: tuple[str, ...] = ("install",)) -> str:
    project, settings = json.loads(json.dumps([PROJECT, WORKSPACE]))
    if edit is not None:
        edit(project, settings)
    root, *members = (Manifest(path, data) for path, data in project.items())
    data = pnpm_lock(text)
    return "a line" if data is None else pnpm_rewrites_because(data, arguments, root, members, settings)


KEPT: dict[str, _Edit] = {
    "nothing": lambda project, settings: None,
    "a script": lambda project, settings: project["package.json"].update(scripts={"build": "x"}),
    "the version of a member": lambda project, settings: project[UI].update(version="2.0.0"),
    "a development dependency that is a dependency": lambda project, settings: project[UI].update(
        devDependencies={"debug": "4.3.4"}
    ),
    "build scripts": lambda project, settings: settings.update(onlyBuiltDependencies=["esbuild"]),
    "rules for peers": lambda project, settings: project["package.json"].update(pnpm={"peerDependencyRules": {}}),
    "an unused catalog": lambda project, settings: settings.update(catalogs={"old": {"react": "^17.0.0"}}),
    "the default": lambda project, settings: settings.update(autoInstallPeers=True),
}
REWRITTEN: dict[str, _Edit] = {
    "another range": lambda project, settings: project[UI]["dependencies"].update(debug="^4.3.0"),
    "a dependency more": lambda project, settings: project[UI]["dependencies"].update(ms="2.1.2"),
    "a dependency less": lambda project, settings: project[UI]["dependencies"].pop("debug"),
    "another kind": lambda project, settings: project[UI].update(
        devDependencies={"debug": project[UI]["dependencies"].pop("debug")}
    ),
    "a peer more": lambda project, settings: project[UI]["peerDependencies"].update(ms="*"),
    "a peer less": lambda project, settings: project[UI].pop("peerDependencies"),
    "a member more": lambda project, settings: project.update({"packages/new/package.json": {"name": "new"}}),
    "a member less": lambda project, settings: project.pop("packages/none/package.json"),
    "another catalog": lambda project, settings: settings["catalog"].update(semver="^7.5.0"),
    "no catalog": lambda project, settings: settings.pop("catalog"),
    "overrides": lambda project, settings: project["package.json"].update(pnpm={"overrides": {"ms": "2.1.3"}}),
    "overrides of the workspace": lambda project, settings: settings.update(overrides={"ms": "2.1.3"}),
    "resolutions": lambda project, settings: project["package.json"].update(resolutions={"ms": "2.1.3"}),
    "extensions": lambda project, settings: settings.update(packageExtensions={"debug": {}}),
    "patches": lambda project, settings: settings.update(patchedDependencies={"ms@2.1.2": "ms.patch"}),
    "ignored dependencies": lambda project, settings: settings.update(ignoredOptionalDependencies=["fsevents"]),
    "no peers": lambda project, settings: settings.update(autoInstallPeers=False),
    "injected members": lambda project, settings: project["package.json"].update(
        dependenciesMeta={"@x/ui": {"injected": True}}
    ),
    "another folder to publish": lambda project, settings: project[UI].update(publishConfig={"directory": "dist"}),
    "a member by its version": lambda project, settings: project["package.json"]["dependencies"].update(
        {"@x/ui": "^1.0.0"}
    ),
    "a member of a published name": lambda project, settings: project["packages/none/package.json"].update(
        name="debug", version="4.3.4"
    ),
    "a member of another name": lambda project, settings: project[UI].update(name="@x/other"),
}
OTHER_TEXTS = {
    "a gap": LOCK.replace("  ms@2.1.2: {}\n", ""),
    "a gap among packages": LOCK.replace("  ms@2.1.2:\n    resolution: {integrity: sha512-x}\n", ""),
    "another version": LOCK.replace("version: 18.3.1", "version: 18.2.0"),
    "without peers": LOCK.replace("autoInstallPeers: true", "autoInstallPeers: false"),
    "a merge conflict": LOCK.replace("packages:\n", "<<<<<<< HEAD\npackages:\n", 1),
    "overrides": LOCK.replace("catalogs:", "overrides:\n  ms: 2.1.2\n\ncatalogs:"),
    "two documents": f"{LOCK}---\n{LOCK}",
    "a member elsewhere": LOCK.replace("link:packages/ui", "link:packages/none"),
    "an injected member": LOCK.replace("link:packages/ui", "file:packages/ui"),
    "no catalog": LOCK.replace("    semver:\n      specifier: ^7.0.0\n      version: 7.6.0\n", "", 1),
    "a comment": f"# written by hand\n{LOCK}",
}


@pytest.mark.parametrize("name", KEPT)
def test_kept(name: str) -> None:
    assert _answer(edit=KEPT[name]) == ""


@pytest.mark.parametrize("name", REWRITTEN)
def test_rewritten(name: str) -> None:
    assert _answer(edit=REWRITTEN[name])


@pytest.mark.parametrize("name", OTHER_TEXTS)
def test_other_texts(name: str) -> None:
    assert OTHER_TEXTS[name] != LOCK
    assert _answer(OTHER_TEXTS[name])


def test_without_settings_and_with_other_line_ends() -> None:
    assert _answer(LOCK.replace("settings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n", "")) == ""
    assert _answer(LOCK.replace("\n", "\r\n")) == ""


def test_options() -> None:
    assert _answer(arguments=("install", "--prod", "--filter", "a...")) == ""
    assert _answer(arguments=("install", "--fix-lockfile")) == "--fix-lockfile may change what it says"
    assert _answer(arguments=("install", "--no-frozen-lockfile"))


def test_settings() -> None:
    assert is_harmless_setting("@x:registry", "https://example.com", False)
    assert is_harmless_setting("auto-install-peers", "true", True)
    assert not is_harmless_setting("auto-install-peers", "false", True)
    assert not is_harmless_setting("lockfile-include-tarball-url", "true", False)
    assert is_harmless_setting("onlyBuiltDependencies", [], False)
    assert not is_harmless_setting("onlyBuiltDependencies", [], True), "pnpm 8 writes them into the lock file"


def test_versions() -> None:
    forms = ("5.4", "6.0", "6.1", "9.0", "10.0")
    assert [list(versions_of({"lockfileVersion": one})) for one in forms] == [[], [8], [], [9, 10, 11, 12], []]


SIZE = 5_000_000
HOSTILE = {
    "keys": "".join(f"a{n}:\n" for n in range(SIZE // 9)),
    "one line": "a: " * (SIZE // 3),
    "quotes": "'" * SIZE,
    "quoted keys": "'a''" * (SIZE // 4),
    "lists": "a:\n" + "  - a\n" * (SIZE // 6),
    "depth": "".join(f"{'  ' * n}a:\n" for n in range(2_000)),
    "a long text": "a: |-\n" + "  a\n" * (SIZE // 4),
    "a chain": "lockfileVersion: '9.0'\nimporters:\n  .:\n    dependencies:\n      a0:\n        specifier: 1\n        version: 1\n"
    + "packages:\n"
    + "".join(f"  a{n}@1:\n    resolution: x\n" for n in range(50_000))
    + "snapshots:\n"
    + "".join(f"  a{n}@1:\n    dependencies:\n      a{n + 1}: 1\n      a0: 1\n" for n in range(50_000)),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_linear(name: str) -> None:
    began = time.process_time()
    data = pnpm_lock(HOSTILE[name])
    root = Manifest("package.json", {"dependencies": {"a0": "1"}})
    assert data is None or pnpm_rewrites_because(data, (), root, [], {})
    assert time.process_time() - began < allowed(8)

"""What `pnpm fetch --ignore-scripts` reads: the lock file, and settings; of package.json only settings, too.

Source: pnpm.io/cli/fetch; tried with pnpm 8.15, 9.15, 10.33 and 12.21 on 2026-11-30: with its packages in the store,
and without the node_modules that it made, an install ends with the same files, and needs no network.

Without `--ignore-scripts`, the store would keep what install scripts made in their own packages, and the install would
not run them again: what they write elsewhere would be missing. A package from a git repository is built by its scripts;
pnpm 10.33 keeps it apart from one that was not built, and fetches it again.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.lock_files import LARGEST_LOCK
from dfix.rewriter.manifests.node.package_json import Manifest, read_manifest
from dfix.rewriter.manifests.node.workspaces import outer_workspace
from dfix.rewriter.manifests.shared.formats import read_yaml
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.text.expression import expression

_VERSION = expression(r"^lockfileVersion: '?(?:6\.0|9\.0)'?$", re.MULTILINE)
_RESOLUTION = expression(r"^[ \t]*resolution:(.*)$", re.MULTILINE)
_BY_CHECKSUM = expression(r" \{integrity: [\w+/=-]+\}")
_FROM_GIT = expression(
    r" \{gitHosted: true, integrity: [\w+/=-]+, tarball: https://codeload\.github\.com/[\w.-]+/[\w.-]+/tar\.gz/[0-9a-f]{40}\}"
)
_PNPM_10 = expression(r"pnpm@10\.(\d+)\.")
_SEPARATES_BUILT = 33
"""The minor version of pnpm 10 of which dist/pnpm.cjs was read: it keeps packages apart that were not built."""
_KNOWN = frozenset(
    "registry registries fund audit loglevel progress strictssl enginestrict shamefullyhoist publichoistpattern hoist "
    "hoistpattern strictpeerdependencies autoinstallpeers savedev saveexact saveprefix saveworkspaceprotocol "
    "fetchretries fetchtimeout fetchretrymintimeout fetchretrymaxtimeout fetchretryfactor networkconcurrency "
    "onlybuiltdependencies neverbuiltdependencies ignoredbuiltdependencies allowbuilds strictdepbuilds overrides "
    "packageextensions alloweddeprecatedversions peerdependencyrules updatenotifier packages catalog catalogs "
    "legacypeerdeps packagemanagerstrict enableprepostscripts resolutionmode dedupepeerdependents dedupedirectdeps "
    "linkworkspacepackages preferworkspacepackages minimumreleaseage minimumreleaseageexclude alwaysauth "
    "ignoreworkspacerootcheck auditconfig".split()
)
"""Settings that move neither the store nor node_modules, without hyphens and in lower case: pnpm.io/settings."""


def inputs(context: Context, install: Install) -> Inputs:
    """What the fetch reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    root = read_manifest(context, posixpath.join(install.folder, "package.json"))
    outer = outer_workspace(context, install.folder)
    if outer:
        raise LeaveAlone("workspace", f"{root.path} is below the workspace root {outer}, whose lock file pnpm reads")
    lock = posixpath.join(install.folder, "pnpm-lock.yaml")
    _check_lock(context, lock, root)
    for name in (".pnpmfile.cjs", ".pnpmfile.mjs"):
        path = posixpath.join(install.folder, name)
        if context.ships(path):
            raise LeaveAlone("hook-script", f"{path} is code that pnpm runs, and it may read any file")
    _check_settings(context, install, root)
    names = (".npmrc", "pnpm-workspace.yaml")
    optional = filter(context.ships, (posixpath.join(install.folder, name) for name in names))
    return Inputs((root.path, lock, *optional))


def _check_lock(context: Context, lock: str, root: Manifest) -> None:
    text = context.read(lock, LARGEST_LOCK)
    if text is None:
        raise LeaveAlone("no-lock", "the build context ships no pnpm-lock.yaml, from which pnpm would fetch")
    if not _VERSION.search(text[:200]):
        raise LeaveAlone("fetch-settings", f"the lockfileVersion of {lock} is neither 6.0 nor 9.0")
    if "patchedDependencies" in text:
        raise LeaveAlone("local-source", f"{lock} names patches, which dfix does not follow for a fetch")
    pinned = _PNPM_10.match(str(root.data.get("packageManager", "")))
    separates = pinned is not None and int(pinned[1]) >= _SEPARATES_BUILT
    for line in _RESOLUTION.finditer(text):
        if not _BY_CHECKSUM.fullmatch(line[1]) and not (separates and _FROM_GIT.fullmatch(line[1])):
            raise LeaveAlone(
                "local-source", f"{lock} takes a package from elsewhere than a registry ({line[1].strip()[:60]})"
            )


def _check_settings(context: Context, install: Install, root: Manifest) -> None:
    """Raises LeaveAlone for a setting that may put packages elsewhere, or that dfix does not know."""
    workspace = read_yaml(context, posixpath.join(install.folder, "pnpm-workspace.yaml"))
    npmrc = posixpath.join(install.folder, ".npmrc")
    variables = (
        (re.sub(r"^p?npm_config_", "", name.lower()), value)
        for name, value in install.env
        if re.match(r"p?npm_config_", name.lower())
    )
    for where, settings in (
        ("pnpm-workspace.yaml", workspace.items()),
        (root.path, root.table("pnpm").items()),
        (npmrc, _npmrc(context.read(npmrc) or "" if context.ships(npmrc) else "")),
        ("the environment", variables),
    ):
        unknown = next(_unknown(settings), "")
        if unknown:
            raise LeaveAlone("setting", f"{where} sets {unknown}, which may change where pnpm puts packages")
    if root.table("devEngines").get("packageManager"):
        raise LeaveAlone("fetch-settings", f"{root.path} has `devEngines`, by which pnpm chooses its version")


def _npmrc(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, _, value = (part.strip() for part in line.partition("="))
        if key and not key.startswith(("#", ";")):
            yield key.removesuffix("[]"), value


def _unknown(settings: Iterable[tuple[str, Any]]) -> Iterator[str]:
    for key, value in settings:
        name = str(key).replace("-", "").replace("_", "").lower()
        known = name in _KNOWN or str(key).startswith(("@", "//")) or (name == "nodelinker" and value == "isolated")
        if not known:
            yield str(key)

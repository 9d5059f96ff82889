"""Whether `pnpm install` would write pnpm-lock.yaml anew, where nothing freezes it.

It installs what the file says, and leaves it alone, if each project of the workspace asks for what it asked for when
the file was written, the settings are the same, and no package is missing in it. Source: github.com/pnpm/pnpm, v9.15
and v10 (installing/deps-installer, `tryFrozenInstall`; lockfile/verification; lockfile/settings-checker); compared with
real installs of pnpm 8.15, 9.15, 10.34, 11.28 and 12.21 on 2026-11-30. pnpm 8 writes version 6.0, later ones 9.0; each
takes the other's for broken, also where CI or an option freezes it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from dfix.rewriter.manifests.node.package_json import Manifest
from dfix.rewriter.manifests.shared.formats import table
from dfix.rewriter.manifests.shared.semver_ranges import fits

NEWEST = 12
"""The newest major version of pnpm that was tried; the oldest is 8."""
_WRITTEN_BY = {"6.0": range(8, 9), "9.0": range(9, NEWEST + 1)}
_KNOWN = frozenset(
    "lockfileVersion settings catalogs importers dependencies devDependencies optionalDependencies packages "
    "snapshots".split()
)
_GROUPS = ("dependencies", "devDependencies", "optionalDependencies")
_DEFAULTS = {"autoInstallPeers": "true", "excludeLinksFromLockfile": "false"}
"""pnpm's own, which a project may also name; others are refused."""
_HARMLESS_OPTIONS = frozenset(
    "-F --filter -P --prod --production -D --dev --no-optional --ignore-scripts --offline --prefer-offline --reporter "
    "-s --silent --loglevel --store-dir --virtual-store-dir --modules-dir --network-concurrency --child-concurrency "
    "--prefer-frozen-lockfile --shamefully-hoist --strict-peer-dependencies --no-strict-peer-dependencies --color "
    "--no-color -r --recursive --aggregate-output --stream --use-stderr --registry --package-import-method "
    "--node-linker --hoist --no-hoist --side-effects-cache --no-side-effects-cache --no-verify-store-integrity "
    "--unsafe-perm".split()
)
_HARMLESS_SETTINGS = frozenset(
    "registry registries fund audit loglevel progress cafile strictssl enginestrict shamefullyhoist publichoistpattern "
    "hoist hoistpattern nodelinker strictpeerdependencies savedev saveexact saveprefix saveworkspaceprotocol "
    "ignorescripts storedir fetchretries fetchtimeout fetchretrymintimeout fetchretrymaxtimeout fetchretryfactor "
    "networkconcurrency sideeffectscache verifystoreintegrity packageimportmethod "
    "ignoredbuiltdependencies allowbuilds dangerouslyallowallbuilds strictdepbuilds "
    "alloweddeprecatedversions peerdependencyrules updatenotifier messageunsafe unsafeperm requiredscripts "
    "auditconfig packages catalog catalogs legacypeerdeps preferoffline packagemanagerstrict enableprepostscripts "
    "resolutionmode dedupepeerdependents shellemulator cleanupunusedcatalogs catalogmode alwaysauth "
    "ignoreworkspacerootcheck supportedarchitectures".split()
)
"""Without hyphens and in lower case. What decides only how a new lock file is made has no effect on one that stays."""


_SINCE_9 = frozenset(("onlybuiltdependencies", "neverbuiltdependencies"))
"""Settings that pnpm 8 writes into the lock file, and later versions do not."""


def versions_of(data: Mapping[str, Any]) -> range:
    """The major versions of pnpm that take a lock file of this form; none for one that dfix does not know."""
    return _WRITTEN_BY.get(str(data.get("lockfileVersion")), range(0))


def is_harmless_setting(key: str, value: Any, older: bool) -> bool:
    """Whether a key of .npmrc, of pnpm-workspace.yaml or of package.json leaves the lock file as it is.

    `older` is for the form that pnpm 8 writes.
    """
    if key.startswith(("@", "//")):
        return True  # a registry, or its token
    name = key.replace("-", "").replace("_", "").lower()
    default = next((default for one, default in _DEFAULTS.items() if one.lower() == name), "")
    return (
        str(value).lower() == default
        if default
        else name in (_HARMLESS_SETTINGS if older else _HARMLESS_SETTINGS | _SINCE_9)
    )


def pnpm_rewrites_because(
    data: Mapping[str, Any], arguments: Iterable[str], root: Manifest, members: list[Manifest], settings: dict[str, Any]
) -> str:
    """Why pnpm would, or may, write another pnpm-lock.yaml, as a clause; "" if it leaves the file alone.

    `data` is what the file says, `settings` what pnpm-workspace.yaml does.
    """
    options = (word.partition("=")[0] for word in arguments if word.startswith("-"))
    option = next((word for word in options if word not in _HARMLESS_OPTIONS), "")
    if option:
        return f"{option} may change what it says"
    older = data.get("lockfileVersion") == "6.0"
    for path, declared in ((root.path, root.table("pnpm")), ("pnpm-workspace.yaml", settings)):
        setting = next((key for key, value in declared.items() if not is_harmless_setting(key, value, older)), "")
        if setting:
            return f"{path} has the setting `{setting}`"
    if root.data.get("resolutions"):
        return f"{root.path} has `resolutions`"
    unknown = next((key for key in data if key not in _KNOWN), "")
    if unknown:
        return f"dfix can't tell whether its `{unknown}` still holds"
    other = next((key for key, value in table(data, "settings").items() if _DEFAULTS.get(key) != value), "")
    if other:
        return f"it was written with another `{other}`"
    return _other_catalog(data, settings) or _projects(data, root, members) or _gap(data)


def _other_catalog(data: Mapping[str, Any], settings: dict[str, Any]) -> str:
    for catalog, entries in table(data, "catalogs").items():
        for name, entry in table(entries).items():
            wanted = table(settings, "catalogs", catalog).get(name)
            if wanted is None and catalog == "default":
                wanted = table(settings, "catalog").get(name)
            if table(entry).get("specifier") != wanted:
                return f"pnpm-workspace.yaml has another {name} in its catalog"
    return ""


def _projects(data: Mapping[str, Any], root: Manifest, members: list[Manifest]) -> str:
    """How the projects of the workspace differ from what the file says of them."""
    projects = {posixpath.relpath(one.folder or ".", root.folder or "."): one for one in (root, *members)}
    importers = table(data, "importers") or {".": {key: data[key] for key in _GROUPS if key in data}}
    absent = next((projects[folder].path for folder in projects if folder not in importers), "")
    if absent:
        return f"it does not list {absent}"
    gone = next((folder for folder in importers if folder not in projects), "")
    if gone:
        return f"it lists {gone}, which is not a project of the workspace"
    for folder, manifest in projects.items():
        why = _project(table(importers, folder), manifest) or next(
            (
                why
                for name, entry in _entries(table(importers, folder))
                if (why := _source(name, entry, folder, projects))
            ),
            "",
        )
        if why:
            return f"{manifest.path} {why}"
    catalogs = table(data, "catalogs")
    for name, entry in (one for importer in importers.values() for one in _entries(table(importer))):
        kind, _, catalog = entry["specifier"].partition(":")
        if kind == "catalog" and name not in table(catalogs, catalog or "default"):
            return f"it does not list {name} in its catalog"
    return ""


def _entries(importer: dict[str, Any]) -> Iterator[tuple[str, dict[str, str]]]:
    for group in _GROUPS:
        for name, entry in table(importer, group).items():
            yield name, {key: str(table(entry).get(key, "")) for key in ("specifier", "version")}


def _project(importer: dict[str, Any], manifest: Manifest) -> str:
    """How a project asks for other packages than when the file was written."""
    if manifest.table("dependenciesMeta") or manifest.table("publishConfig").get("directory"):
        return "has settings of its dependencies or of what is published"
    if set(importer) - set(_GROUPS):
        return "had settings of its dependencies or of what is published"
    own, dev, optional = (manifest.table(group) for group in _GROUPS)
    peers = {
        name: wanted
        for name, wanted in manifest.table("peerDependencies").items()
        if name not in {**own, **dev, **optional}
    }
    wanted = {
        "dependencies": {**peers, **{name: value for name, value in own.items() if name not in optional}},
        "devDependencies": {name: value for name, value in dev.items() if name not in {**own, **optional}},
        "optionalDependencies": optional,
    }
    for group in _GROUPS:
        listed = {name: table(entry).get("specifier") for name, entry in table(importer, group).items()}
        other = next((name for name in {**wanted[group], **listed} if wanted[group].get(name) != listed.get(name)), "")
        if other:
            return f"asked for another {other}"
    return ""


def _source(name: str, entry: dict[str, str], folder: str, projects: dict[str, Manifest]) -> str:
    """Why pnpm may take a dependency of a project from elsewhere: from a folder instead of the registry, or not."""
    specifier, version = entry["specifier"], entry["version"]
    if specifier.startswith("link:") and version.startswith("link:"):
        return ""
    if version.startswith(("file:", "link:")) != specifier.startswith("workspace:") or version.startswith("file:"):
        return f"asks for {name}, which may be taken from elsewhere"
    member = next((one for one in projects.values() if one.data.get("name") == name), None)
    if not specifier.startswith("workspace:"):
        return "" if member is None else f"asks for {name}, which is also a project of the workspace"
    place = posixpath.normpath(posixpath.join(folder, version.removeprefix("link:")))
    wanted = specifier.removeprefix("workspace:")
    if member is None or projects.get(place) is not member:
        return f"asks for {name}, which is not at {place}"
    if wanted not in ("*", "^", "~") and fits(str(member.data.get("version")), wanted) is not True:
        return f"asks for {name} {wanted}, which the workspace may not have"
    return ""


def _gap(data: Mapping[str, Any]) -> str:
    """Which package the file needs without listing it; pnpm then mends the file."""
    packages, snapshots = table(data, "packages"), table(data, "snapshots")
    newer = data["lockfileVersion"] == "9.0"
    importers = table(data, "importers") or {".": data}
    pending = [
        key
        for importer in importers.values()
        for name, entry in _entries(table(importer))
        if (key := _key(name, entry["version"], newer))
    ]
    seen: set[str] = set()
    while pending:
        key = pending.pop()
        if key in seen:
            continue
        seen.add(key)
        package = packages.get(key.partition("(")[0] if newer else key)
        needs = snapshots.get(key) if newer else package
        if not isinstance(package, dict) or not isinstance(needs, dict) or not package.get("resolution"):
            return f"it does not list {key.removeprefix('/')}"
        for group in ("dependencies", "optionalDependencies"):
            pending += [
                below for name, version in table(needs, group).items() if (below := _key(name, str(version), newer))
            ]
    return ""


def _key(name: str, version: str, newer: bool) -> str:
    """Where a package is listed (`refToRelative` in deps/path of pnpm); "" for a folder, which is not."""
    if version.startswith("link:"):
        return ""
    plain = version.partition("(")[0]
    if not newer:
        return version if "/" in plain else f"/{name}@{version}"
    at, colon = plain.find("@"), plain.find(":")
    if version.startswith("@") or (at > 0 and (colon < 0 or at < colon)):
        return version
    return f"{name}@{version}"

"""package.json and pnpm-workspace.yaml: reading them, and the local files that their dependencies name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.local_paths import outside, whole_project
from dfix.rewriter.manifests.shared.missing import missing

_GROUPS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_OVERRIDES = ("resolutions", "overrides")
_LOCAL = ("file:", "link:", "portal:")
_LARGEST = 2_000_000


class Manifest:
    """A package.json: `data` is its object, `folder` the context folder it lies in."""

    __slots__ = ("data", "folder", "path")

    def __init__(self, path: str, data: dict[str, Any]) -> None:
        self.path = path
        self.folder = posixpath.dirname(path)
        self.data = data

    def table(self, key: str) -> dict[str, Any]:
        """The object at a key, empty when there is none."""
        found = self.data.get(key)
        return found if isinstance(found, dict) else {}

    def every_dependency(self) -> dict[str, str]:
        """Names and ranges of all groups."""
        found: dict[str, str] = {}
        for group in _GROUPS[:3]:
            found.update({name: value for name, value in self.table(group).items() if isinstance(value, str)})
        return found


def read_manifest(context: Context, path: str) -> Manifest:
    """Read a package.json that ships."""
    import json

    text = context.read(path, _LARGEST)
    if text is None:
        raise missing(context, path)
    try:
        data = json.loads(text)
    except RecursionError:
        raise LeaveAlone("broken-manifest", f"{path} is nested too deeply") from None
    except ValueError as error:
        line = getattr(error, "lineno", 0)
        raise LeaveAlone(
            "broken-manifest", f"{path}:{line} is not valid JSON", "npm could not read it either"
        ) from None
    if not isinstance(data, dict):
        raise LeaveAlone("broken-manifest", f"{path} is not a JSON object")
    return Manifest(path, data)


def local_dependencies(context: Context, manifest: Manifest) -> list[str]:
    """The context paths that dependencies name with `file:`, `link:`, `portal:` or as a plain path."""
    found: list[str] = []
    for name, value in _ranges(manifest):
        target = _local_target(value)
        if target is None:
            continue
        if target.startswith(("/", "~")):
            raise outside(f"{manifest.path}: {name} is at {target}")
        path = posixpath.normpath(posixpath.join(manifest.folder, target))
        if path.startswith(".."):
            raise outside(f"{manifest.path}: {name} is at {target}")
        if path == ".":
            raise whole_project(f"{manifest.path}: {name} is at {target}")
        if not context.ships(path) and not context.ships_any(path):
            raise LeaveAlone("missing-file", f"{manifest.path}: {name} lies at {path}, which the context does not ship")
        found.append(path)
    return found


def _ranges(manifest: Manifest) -> Iterator[tuple[str, str]]:
    tables: list[dict[str, Any]] = [manifest.table(group) for group in (*_GROUPS, *_OVERRIDES)]
    tables.append(Manifest("", manifest.table("pnpm")).table("overrides"))
    depth = 0
    while tables and depth < 10_000:
        depth += 1
        for name, value in tables.pop().items():
            if isinstance(value, str):
                yield name, value
            elif isinstance(value, dict):
                tables.append(value)


def _local_target(value: str) -> str | None:
    for prefix in _LOCAL:
        if value.startswith(prefix):
            return value[len(prefix) :].removeprefix("//") or "."
    if value.startswith("patch:"):
        target = value.rpartition("#")[2].partition("::")[0]
        return target if target.startswith("./") else None
    if value.startswith(("./", "../", "/", "~/")):
        return value
    return None

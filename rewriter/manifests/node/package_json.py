"""Read package.json, and find the local files that its dependencies name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.local_paths import outside, whole_project
from dfix.rewriter.manifests.shared.missing import missing

_GROUPS = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
_OVERRIDES = ("resolutions", "overrides")
_LOCAL = ("file:", "link:", "portal:")
_ARCHIVES = (".tgz", ".tar.gz", ".tar")
_LARGEST = 2_000_000


class Manifest:
    """A package.json: `path` and `folder` are context paths, `data` is its content."""

    __slots__ = ("data", "folder", "path")

    def __init__(self, path: str, data: dict[str, Any]) -> None:
        self.path = path
        self.folder = posixpath.dirname(path)
        self.data = data

    def table(self, key: str) -> dict[str, Any]:
        """The object at a key such as "scripts"; empty for anything else."""
        value = self.data.get(key)
        return value if isinstance(value, dict) else {}

    def every_dependency(self) -> dict[str, str]:
        """Names and version ranges of all dependencies except peers, which the project itself does not install."""
        ranges: dict[str, str] = {}
        for group in _GROUPS[:3]:
            ranges.update({name: value for name, value in self.table(group).items() if isinstance(value, str)})
        return ranges


def first_number(wanted: str) -> int | None:
    """The major version that a range names first; None for `latest`, `*` and the like, which mean the newest."""
    found = re.match(r"[\^~=v]*(\d+)", wanted)
    return None if found is None else int(found[1])


def read_manifest(context: Context, path: str) -> Manifest:
    """The package.json at `path`. Raises LeaveAlone when it does not ship or is not a JSON object."""
    import json

    text = context.read(path, _LARGEST)
    if text is None:
        raise missing(context, path)
    try:
        data = json.loads(text)
    except RecursionError:
        raise LeaveAlone("broken-manifest", f"{path} is nested too deeply") from None
    except ValueError as error:
        line = f":{error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise LeaveAlone("broken-manifest", f"{path}{line} is not valid JSON") from None
    if not isinstance(data, dict):
        raise LeaveAlone("broken-manifest", f"{path} is not a JSON object")
    return Manifest(path, data)


def local_dependencies(context: Context, manifest: Manifest) -> list[str]:
    """The context paths of dependencies with `file:`, `link:`, `portal:`, `patch:` or a plain path.

    Raises LeaveAlone for one outside the context, one that does not ship, or the project's own folder.
    """
    paths: list[str] = []
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
            reason = f"{manifest.path}: {name} is at {path}, which the build context does not ship"
            raise LeaveAlone("missing-file", reason)
        paths.append(path)
    return paths


def _ranges(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Names and ranges of all dependencies and overrides; npm's overrides can be nested."""
    tables: list[dict[str, Any]] = [manifest.table(group) for group in (*_GROUPS, *_OVERRIDES)]
    tables.append(Manifest("", manifest.table("pnpm")).table("overrides"))
    count = 0
    while tables and count < 10_000:
        count += 1
        for name, value in tables.pop().items():
            if isinstance(value, str):
                yield name, value
            elif isinstance(value, dict):
                tables.append(value)


def _local_target(value: str) -> str | None:
    """The path in a range such as "file:../lib" or "patch:x@npm%3A1#./x.patch"; None for a version."""
    for prefix in _LOCAL:
        if value.startswith(prefix):
            return value[len(prefix) :].removeprefix("//") or "."
    if value.startswith("patch:"):
        target = value.rpartition("#")[2].partition("::")[0]
        return target if target.startswith("./") else None
    if value.startswith(("./", "../", "/", "~/")):
        return value
    # npm takes any name that ends like an archive for a file
    return value if value.lower().endswith(_ARCHIVES) and ":" not in value else None

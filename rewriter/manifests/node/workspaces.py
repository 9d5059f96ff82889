"""Workspaces of npm, Yarn, pnpm and Bun: an install at the root also reads the members' manifests."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.context_path import above
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.node.package_json import Manifest, read_manifest
from dfix.rewriter.manifests.shared.formats import read_yaml
from dfix.rewriter.manifests.shared.local_paths import outside
from dfix.rewriter.text.wildcard import ANYTHING, FOLDERS, IN_NAME, Choice, Token, Wildcard

MOST_FOLDERS = 50_000
MOST_PATTERNS = 1_000
"""Each folder of the context is tried with each of them."""
_DEEPEST = 99
"""Levels of folders in which members are looked for."""


def members(context: Context, manager: str, root: Manifest) -> list[Manifest]:
    """The manifests of all workspace members, sorted by path. Raises LeaveAlone for patterns that leave the context."""
    patterns = _patterns(context, manager, root)
    if not patterns:
        return []
    for pattern in patterns:
        if pattern.lstrip("!").startswith("/") or ".." in pattern.split("/"):
            raise outside(f"{root.path}: the workspace is at {pattern}")
    wanted = [_wildcard(pattern) for pattern in patterns if not pattern.startswith("!")]
    unwanted = [_wildcard(pattern[1:]) for pattern in patterns if pattern.startswith("!")]
    deep = any("**" in pattern for pattern in patterns)
    depth = max(len(pattern.strip("/").split("/")) for pattern in patterns)
    manifests: list[Manifest] = []
    folders = _folders(context, root.folder, _DEEPEST if deep else min(depth, _DEEPEST))
    _refuse_links(context, root, [pattern for pattern in patterns if not pattern.startswith("!")], folders)
    for folder in folders:
        relative = posixpath.relpath(folder, root.folder or ".")
        if not _one_matches(wanted, relative) or _one_matches(unwanted, relative):
            continue
        path = posixpath.join(folder, "package.json")
        if context.ships(path):
            manifests.append(read_manifest(context, path))
        elif manager == "pnpm":
            _refuse_other_formats(context, folder)
    return manifests


def _refuse_other_formats(context: Context, folder: str) -> None:
    """Raises LeaveAlone for a member whose manifest dfix does not read (pnpm.io, "pnpm-workspace.yaml")."""
    for name in ("package.json5", "package.yaml"):
        path = posixpath.join(folder, name)
        if context.ships(path):
            raise LeaveAlone("workspace", f"{path} is a manifest of the workspace, in a format that dfix does not read")


def _refuse_links(context: Context, root: Manifest, patterns: list[str], folders: Iterable[str]) -> None:
    """Raises LeaveAlone for a link to a folder that is a member, or on the way to one."""
    on_the_way = [
        (_wildcard("/".join(parts[:end])), pattern)
        for pattern in patterns
        for parts in (pattern.strip("/").split("/"),)
        for end in range(1, min(len(parts), _DEEPEST) + 1)
    ]
    for folder in (root.folder, *folders):
        for path in (posixpath.join(folder, name) for name in context.links_in(folder)):
            relative = posixpath.relpath(path, root.folder or ".")
            pattern = next((pattern for wildcard, pattern in on_the_way if wildcard.matches(relative)), "")
            if pattern and context.is_link(path) and os.path.isdir(context.on_disk(path)):
                reason = f"{path} is a link to a folder, and the workspace {pattern} of {root.path} leads there"
                raise LeaveAlone("linked-folder", reason, "name the folder itself")


def outer_workspace(context: Context, folder: str) -> str:
    """The nearest workspace root above `folder` (package.json or pnpm-workspace.yaml); "" when there is none.

    Whether its patterns match `folder` is not checked.
    """
    for parent in above(folder):
        path = posixpath.join(parent, "package.json")
        if context.ships(path):
            manifest = attempt(read_manifest, context, path)
            if not isinstance(manifest, Reason) and manifest.data.get("workspaces"):
                return path
        path = posixpath.join(parent, "pnpm-workspace.yaml")
        if context.ships(path):
            return path
    return ""


def _patterns(context: Context, manager: str, root: Manifest) -> list[str]:
    """The globs of the members: `workspaces` of package.json (a list, or `packages` in it), or pnpm's own file."""
    declared: Any = root.data.get("workspaces")
    if manager == "pnpm":
        workspace = read_yaml(context, posixpath.join(root.folder, "pnpm-workspace.yaml"))
        declared = workspace.get("packages")
    if isinstance(declared, dict):
        declared = declared.get("packages")
    if declared is None:
        return []
    if not isinstance(declared, list) or not all(isinstance(pattern, str) for pattern in declared):
        raise LeaveAlone("broken-manifest", f"{root.path}: the workspaces are not a list of strings")
    if len(declared) > MOST_PATTERNS:
        raise LeaveAlone("broken-manifest", f"{root.path}: the workspaces are more than {MOST_PATTERNS:,} patterns")
    return [pattern.removeprefix("./").rstrip("/") for pattern in declared if pattern not in (".", "./")]


def _folders(context: Context, root: str, depth: int) -> list[str]:
    """The folders at most `depth` levels below `root`, sorted; stops after MOST_FOLDERS."""
    folders: list[str] = []
    level = [root]
    while level and depth > 0 and len(folders) < MOST_FOLDERS:
        depth -= 1
        below = []
        for folder in level:
            for name in context.folders_in(folder):
                if name not in ("node_modules", ".git"):
                    below.append(posixpath.join(folder, name))
        folders += below
        level = below
    return sorted(folders)


def _wildcard(pattern: str) -> Wildcard:
    """A workspace glob for paths below the root; knows `*`, `**` and `{a,b}`."""
    return Wildcard(_tokens(pattern))


def _one_matches(wildcards: Iterable[Wildcard], path: str) -> bool:
    return any(wildcard.matches(path) for wildcard in wildcards)


def _tokens(pattern: str) -> Iterator[Token]:
    at, last_close = 0, pattern.rfind("}")
    while at < len(pattern):
        if pattern.startswith("**/", at):
            yield FOLDERS
            at += 3
        elif pattern.startswith("**", at):
            yield ANYTHING
            at += 2
        elif pattern[at] == "*":
            yield IN_NAME
            at += 1
        elif pattern[at] == "{" and at < last_close:
            close = pattern.index("}", at)
            yield Choice(tuple(pattern[at + 1 : close].split(",")))
            at = close + 1
        else:
            yield pattern[at]
            at += 1

"""Asking the editor to watch the files that answers depend on."""

from __future__ import annotations

import os

from lsprotocol import types

from dfix.rewriter.server.documents import path_of, uri_of
from dfix.rewriter.settings.files import FILES
from dfix.rewriter.text.named_tuple import NamedTuple

_DECLARING = ("*compose*.yml", "*compose*.yaml", "docker-bake*.hcl", "docker-bake*.json", "skaffold.yaml")
_ELSEWHERE = (*FILES, "*dfix*.toml", *_DECLARING, "devcontainer.json", "*.dockerignore", "*dfix-baseline*.json")
"""Files that matter in any folder: settings and baselines, and files that name build contexts."""
_KIND = types.WatchKind


class Events(NamedTuple):
    """Paths that were created or deleted, and paths whose content changed."""

    moved: tuple[str, ...]
    edited: tuple[str, ...]


def watchers(roots: list[str], *, relative: bool) -> list[types.FileSystemWatcher]:
    """What to watch for these contexts. Without `relative`, an editor only supports patterns for its own folders."""
    every = _KIND.Create | _KIND.Change | _KIND.Delete
    found = [types.FileSystemWatcher(f"**/{name}", every) for name in _ELSEWHERE]
    for root in roots:
        if relative:
            found.append(types.FileSystemWatcher(types.RelativePattern(uri_of(root), "**/*"), every))
        else:
            found.append(types.FileSystemWatcher(f"{root.replace(os.sep, '/')}/**/*", every))
    return found


def events(changes: list[types.FileEvent]) -> Events:
    """Sort the editor's reports. A changed ignore file counts as created, as it changes the context's files."""
    moved: list[str] = []
    edited: list[str] = []
    for change in changes:
        path = path_of(change.uri)
        if path is None:
            continue
        same = change.type == types.FileChangeType.Changed and not path.endswith("dockerignore")
        (edited if same else moved).append(path)
    return Events(tuple(moved), tuple(edited))


def says_where(paths: tuple[str, ...]) -> bool:
    """Whether one of the files is a settings file or names a build context."""
    from fnmatch import fnmatch

    names = {os.path.basename(path) for path in paths}
    return any(fnmatch(name, pattern) for name in names for pattern in _ELSEWHERE)

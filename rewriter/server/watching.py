"""Asking the editor to watch the files that answers rest on."""

from __future__ import annotations

import os
from typing import NamedTuple

from lsprotocol import types

from dfix.rewriter.server.documents import path_of, uri_of
from dfix.rewriter.settings.files import FILES

_DECLARING = ("*compose*.yml", "*compose*.yaml", "docker-bake*.hcl", "docker-bake*.json", "skaffold.yaml")
_ELSEWHERE = (*FILES, *_DECLARING, "devcontainer.json", "*.dockerignore")
"""Files that count wherever they lie: settings, and what says where a build context lies."""
_KIND = types.WatchKind


class Events(NamedTuple):
    """Paths that came or went, and paths of which the content changed."""

    moved: tuple[str, ...]
    edited: tuple[str, ...]


def watchers(roots: list[str], *, relative: bool) -> list[types.FileSystemWatcher]:
    """What to watch for these contexts; without `relative` an editor knows patterns for its own folders alone."""
    every = _KIND.Create | _KIND.Change | _KIND.Delete
    found = [types.FileSystemWatcher(f"**/{name}", every) for name in _ELSEWHERE]
    for root in roots:
        if relative:
            found.append(types.FileSystemWatcher(types.RelativePattern(uri_of(root), "**/*"), every))
        else:
            found.append(types.FileSystemWatcher(f"{root.replace(os.sep, '/')}/**/*", every))
    return found


def events(changes: list[types.FileEvent]) -> Events:
    """The editor's report by kind; the change of an ignore file moves what a context holds."""
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
    """Whether one of the files says where contexts lie, or is a settings file."""
    from fnmatch import fnmatch

    names = {os.path.basename(path) for path in paths}
    return any(fnmatch(name, pattern) for name in names for pattern in _ELSEWHERE)

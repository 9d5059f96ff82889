"""A cache of build contexts, because listing a large one takes too long for an editor.

A context is dropped when the editor reports created or deleted files, when the modification time of its folder or
ignore file changes, and, if the editor does not watch its files, after a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.pipeline.opened_context import OpenedContext, literal_sources, open_context
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.text.named_tuple import NamedTuple

UNWATCHED_SECONDS = 1.0
_Key = tuple[str, str | None, tuple[str, ...]]
_Marks = tuple[int, ...]


class Folder(NamedTuple):
    """A build context's folder, and its ignore file with all links followed."""

    root: str
    ignore_path: str

    def holds(self, path: str) -> bool:
        """Whether a path, with all links followed, is in it, or is its ignore file."""
        return path == self.root or path.startswith(self.root + os.sep) or path == self.ignore_path


class _Kept(NamedTuple):
    context: Context
    why: str
    marks: _Marks
    since: float

    @property
    def folder(self) -> Folder:
        return Folder(self.context.root, os.path.realpath(self.context.ignore_path))


class Contexts:
    """The contexts of the open documents. `generation` increases when answers based on them may be outdated."""

    def __init__(self) -> None:
        self.generation = 0
        self._kept: dict[_Key, _Kept] = {}
        self._watched: frozenset[str] = frozenset()

    def opened(self, tree: Tree, options: Options) -> OpenedContext:
        """The context of a Dockerfile, for the pipeline's `opened` hook."""
        path = tree.source.path
        key = (path, options.context, tuple(literal_sources(tree)))
        kept = self._kept.get(key)
        if kept is None:
            self._forget_others(path, options.context)
            found = open_context(tree, options)
            if found.context is None:
                return found
            kept = self._kept[key] = _Kept(found.context, found.why, _marks(found.context, path), time.monotonic())
        return OpenedContext(kept.context, kept.why)

    def gone(self, path: str) -> str:
        """The Dockerfile's context folder if it has been deleted, else ""."""
        folders = [kept.context.root for key, kept in self._kept.items() if key[0] == path]
        return next((folder for folder in folders if not os.path.isdir(folder)), "")

    def refresh(self, path: str) -> None:
        """Drop the outdated contexts of a Dockerfile."""
        now = time.monotonic()
        for key, kept in [*self._kept.items()]:
            if key[0] != path:
                continue
            old = kept.context.root not in self._watched and now - kept.since > UNWATCHED_SECONDS
            if old or kept.marks != _marks(kept.context, path):
                self._kept.pop(key, None)
                self.generation += 1

    def folder(self, path: str) -> Folder | None:
        """The folder of a Dockerfile's context; None if no context of it is open."""
        return next((kept.folder for key, kept in self._kept.items() if key[0] == path), None)

    def watch(self, roots: Iterable[str]) -> None:
        """Note that the editor now watches these folders."""
        self._watched = frozenset(roots)

    def moved(self, paths: Iterable[str]) -> None:
        """Handle created and deleted files, and changed ignore files."""
        found = [os.path.realpath(path) for path in paths]
        touched = [key for key, kept in self._kept.items() if any(map(kept.folder.holds, found))]
        for key in touched:
            del self._kept[key]
        self.generation += bool(touched)

    def edited(self, paths: Iterable[str]) -> None:
        """Handle files with changed content."""
        found = [os.path.realpath(path) for path in paths]
        self.generation += any(kept.folder.holds(path) for kept in self._kept.values() for path in found)

    def forget(self, path: str) -> None:
        """Drop the contexts of a closed Dockerfile."""
        for key in [key for key in [*self._kept] if key[0] == path]:
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Drop everything: a file that says where contexts are has changed."""
        self._kept.clear()
        self.generation += 1

    def _forget_others(self, path: str, folder: str | None) -> None:
        """Keep one context per Dockerfile: while COPY lines are typed, each version may have a different one."""
        for key in [key for key in [*self._kept] if key[:2] == (path, folder)]:
            self._kept.pop(key, None)


def _marks(context: Context, dockerfile: str) -> _Marks:
    """The modification times of the context's folder and its ignore files; 0 for missing ones."""
    paths = (context.root, os.path.join(context.root, ".dockerignore"), f"{dockerfile}.dockerignore")
    return tuple(map(_changed, paths))


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except (OSError, ValueError):
        return 0

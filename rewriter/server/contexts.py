"""Build contexts that are kept from answer to answer: listing a large one takes longer than an editor waits.

A context is given up when the editor reports that files came or went, when the times of its folder or ignore file tell
of a change, and, where the editor does not watch its files, after a second.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from typing import NamedTuple

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.pipeline import run as pipeline

UNWATCHED_SECONDS = 1.0
_Key = tuple[str, str | None, tuple[str, ...]]
_Marks = tuple[int, ...]


class _Kept(NamedTuple):
    context: Context
    marks: _Marks
    since: float


class Contexts:
    """The contexts of the open documents. `generation` grows whenever answers that rest on one may be out of date."""

    def __init__(self) -> None:
        self.generation = 0
        self._kept: dict[_Key, _Kept] = {}
        self._watched: frozenset[str] = frozenset()

    def opened(self, tree: Tree, folder: str | None) -> Context:
        """The context of a Dockerfile, as the pipeline asks for it."""
        path = tree.source.path
        key = (path, folder, tuple(pipeline.literal_sources(tree)))
        kept = self._kept.get(key)
        if kept is None:
            self._forget_others(path, folder)
            context = pipeline.open_context(tree, folder)
            kept = self._kept[key] = _Kept(context, _marks(context, path), time.monotonic())
        return kept.context

    def gone(self, path: str) -> str:
        """The context folder of a Dockerfile that was there and no longer is, "" where all is well."""
        folders = [kept.context.root for key, kept in self._kept.items() if key[0] == path]
        return next((folder for folder in folders if not os.path.isdir(folder)), "")

    def refresh(self, path: str) -> None:
        """Give up what is out of date of the contexts of a Dockerfile."""
        now = time.monotonic()
        for key, kept in [*self._kept.items()]:
            if key[0] != path:
                continue
            old = kept.context.root not in self._watched and now - kept.since > UNWATCHED_SECONDS
            if old or kept.marks != _marks(kept.context, path):
                self._kept.pop(key, None)
                self.generation += 1

    def roots(self) -> list[str]:
        """The folders of all contexts."""
        return sorted({kept.context.root for kept in [*self._kept.values()]})

    def watch(self, roots: Iterable[str]) -> None:
        """The editor watches the files of these folders from now on."""
        self._watched = frozenset(roots)

    def moved(self, paths: Iterable[str]) -> bool:
        """Files came, went or, where they say what a context holds, changed. Whether that touches a context."""
        found = [os.path.realpath(path) for path in paths]
        touched = [key for key, kept in [*self._kept.items()] if any(_within(path, kept.context) for path in found)]
        for key in touched:
            self._kept.pop(key, None)
        self.generation += bool(touched)
        return bool(touched)

    def edited(self, paths: Iterable[str]) -> bool:
        """Files have another content. Whether that touches a context."""
        found = [os.path.realpath(path) for path in paths]
        touched = any(_within(path, kept.context) for kept in [*self._kept.values()] for path in found)
        self.generation += touched
        return touched

    def forget(self, path: str) -> None:
        """A Dockerfile is closed."""
        for key in [key for key in [*self._kept] if key[0] == path]:
            self._kept.pop(key, None)

    def clear(self) -> None:
        """Give up everything: what says where contexts lie has changed."""
        self._kept.clear()
        self.generation += 1

    def _forget_others(self, path: str, folder: str | None) -> None:
        """Keep one context a Dockerfile: while its COPY lines are typed, each text names other sources."""
        for key in [key for key in [*self._kept] if key[:2] == (path, folder)]:
            self._kept.pop(key, None)


def _within(path: str, context: Context) -> bool:
    return (
        path == context.root or path.startswith(context.root + os.sep) or path == os.path.realpath(context.ignore_path)
    )


def _marks(context: Context, dockerfile: str) -> _Marks:
    """When what lies in the context's folder, and its ignore files, last changed; 0 for what is not there."""
    paths = (context.root, os.path.join(context.root, ".dockerignore"), f"{dockerfile}.dockerignore")
    return tuple(map(_changed, paths))


def _changed(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except (OSError, ValueError):
        return 0

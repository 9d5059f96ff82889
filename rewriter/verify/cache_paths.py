"""Which paths of an image belong to package managers' cache folders."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from dfix.rewriter.verify.image import Entry
from dfix.rewriter.verify.noise import translated


class CachePaths:
    """Cache folders as declared by package managers: `/var/cache/apt`, or `~/.npm` for any home."""

    __slots__ = ("_folders", "_inside", "_parents")

    def __init__(self, caches: Sequence[str]) -> None:
        folders = [translated(cache) for cache in caches]
        self._folders = _any_of(folders)
        self._inside = _any_of([folder + "/.*" for folder in folders])
        self._parents = _any_of([translated(parent) for cache in caches for parent in _parents(cache)])

    def inside(self, path: str) -> bool:
        """Whether a path (without a leading `/`) is in a cache folder."""
        return self._inside.fullmatch(path) is not None

    def only_for_cache(self, path: str, entries: Mapping[str, Entry]) -> bool:
        """Whether a path of an image exists only because of a cache.

        True for a cache folder and everything in it, and for a parent (`~/.cache` of `~/.cache/pip`) that contains
        nothing else. Never true for a home or a folder at the root of the image.
        """
        if self.inside(path) or self._folders.fullmatch(path):
            return True
        if not self._is_parent(path, entries):
            return False
        return all(
            self.inside(other) or self._folders.fullmatch(other) or self._is_parent(other, entries)
            for other in entries
            if other.startswith(path + "/")
        )

    def _is_parent(self, path: str, entries: Mapping[str, Entry]) -> bool:
        return self._parents.fullmatch(path) is not None and entries[path].kind == "folder"


def _parents(cache: str) -> list[str]:
    """The parents of a cache folder that may have been created for it: not the home, and none at the root."""
    parts = cache.split("/")
    return ["/".join(parts[:end]) for end in range(2 if parts[0] == "~" else 3, len(parts))]


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) if patterns else r"(?!)", re.DOTALL)

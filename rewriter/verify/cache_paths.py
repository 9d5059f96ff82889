"""Which paths of an image belong to package managers' cache folders."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from dfix.rewriter.verify.image import Entry
from dfix.rewriter.verify.noise import translated, ways


class CachePaths:
    """Cache folders as declared by package managers: `/var/cache/apt`, or `~/.npm` for any home.

    `homes` are further homes besides /root and those in /home.
    """

    __slots__ = ("_folders", "_homes", "_inside", "_parents")

    def __init__(self, caches: Sequence[str], homes: Collection[str] = ()) -> None:
        self._homes = homes
        folders = [translated(cache) for cache in caches]
        self._folders = _any_of(folders)
        self._inside = _any_of([folder + "/.*" for folder in folders])
        self._parents = _any_of([translated(parent) for cache in caches for parent in _parents(cache)])

    def inside(self, path: str) -> bool:
        """Whether a path (without a leading `/`) is in a cache folder."""
        return self._fits(self._inside, path)

    def only_for_cache(self, path: str, entries: Mapping[str, Entry]) -> bool:
        """Whether a path of an image exists only because of a cache.

        True for a cache folder and everything in it, and for a parent (`~/.cache` of `~/.cache/pip`) that contains
        nothing else. Never true for a home or a folder at the root of the image.
        """
        if self.inside(path) or self._fits(self._folders, path):
            return True
        if not self._is_parent(path, entries):
            return False
        return all(
            self.inside(other) or self._fits(self._folders, other) or self._is_parent(other, entries)
            for other in entries
            if other.startswith(path + "/")
        )

    def _is_parent(self, path: str, entries: Mapping[str, Entry]) -> bool:
        return self._fits(self._parents, path) and entries[path].kind == "folder"

    def _fits(self, pattern: re.Pattern[str], path: str) -> bool:
        return any(pattern.fullmatch(way) for way in ways(path, self._homes))


def _parents(cache: str) -> list[str]:
    """The parents of a cache folder that may have been created for it: not the home, and none at the root."""
    parts = cache.split("/")
    return ["/".join(parts[:end]) for end in range(2 if parts[0] == "~" else 3, len(parts))]


def _any_of(patterns: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(patterns) if patterns else r"(?!)", re.DOTALL)

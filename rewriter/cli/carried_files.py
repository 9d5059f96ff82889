"""Files that git ignores and a build sends: both revisions get those of the working tree."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable

from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.ignore import BadPatternError
from dfix.rewriter.text.root import is_inside


class CarriedFiles:
    """Copies files from the working tree `root` to the files of a commit in `base`, both real paths.

    `ignored` are the files and folders of the working tree that may be copied, relative to it. Nothing is written
    through a link of the commit or in the place of one of its files.
    """

    def __init__(self, root: str, base: str, ignored: Iterable[str]) -> None:
        self._root, self._base, self._ignored = root, base, frozenset(ignored)
        self._done: set[tuple[str, str, str]] = set()
        self._folders: dict[str, bool] = {"": True}

    def carry(self, old: Context, new: Context) -> bool:
        """Copy what is no part of the change, and returns whether anything was copied."""
        question = (new.root, old.ignore_text, new.ignore_text)
        if not self._ignored or question in self._done or not is_inside(new.root, self._root):
            return False
        self._done.add(question)
        begin = os.path.relpath(new.root, self._root)
        copied = False
        for path in {*new.below(""), *_by_its_ignore_file(old, new)}:
            name = os.path.normpath(os.path.join(begin, path))
            target = os.path.join(self._base, name)
            if self._is_ignored(name) and not os.path.lexists(target) and self._takes(os.path.dirname(name)):
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copy2(os.path.join(self._root, name), target, follow_symlinks=False)
                copied = True
        return copied

    def _is_ignored(self, name: str) -> bool:
        while name and name not in self._ignored:
            name = os.path.dirname(name)
        return bool(name)

    def _takes(self, folder: str) -> bool:
        """Whether files can be put into a folder of the commit: no part of it is there as a link or a file."""
        known = self._folders.get(folder)
        if known is None:
            known = self._takes(os.path.dirname(folder)) and _is_free(os.path.join(self._base, folder))
            self._folders[folder] = known
        return known


def _is_free(path: str) -> bool:
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except FileNotFoundError:
        return True


def _by_its_ignore_file(old: Context, new: Context) -> tuple[str, ...]:
    """The files of the new context that ship by the old ignore file."""
    try:
        return () if old.ignore_text == new.ignore_text else new.with_ignore_text(old.ignore_text).below("")
    except BadPatternError:
        return ()

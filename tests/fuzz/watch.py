"""What the command opens, lists and writes, and whether it may."""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dfix

_READS = frozenset(("open", "os.listdir", "os.scandir"))
_WRITES = frozenset(
    "os.remove os.rename os.mkdir os.rmdir os.link os.symlink os.truncate os.chmod os.chown os.setxattr os.utime".split()
)
_EXECUTES = (
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.system",
    "os.startfile",
    "subprocess.",
    "socket.",
    "pty.",
    "ctypes.",
)
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_PLACES = (*sysconfig.get_paths().values(), *dfix.__path__, Path(__file__).parents[2], sys.prefix, sys.base_prefix)
_OWN = tuple({os.path.realpath(str(path)) for path in _PLACES})
"""Python's own folders, and those of dfix."""


class Watch:
    """Notes what dfix does outside of a root. `folder` has the roots of all inputs."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._root = ""
        self._writes = False
        self.seen: list[str] = []
        sys.dont_write_bytecode = True
        sys.addaudithook(self._look)

    @contextmanager
    def during(self, root: str, *, writes: bool) -> Iterator[None]:
        """Watch the block; it may read in the root, and write there if `writes`."""
        self.seen = []
        self._root, self._writes = root, writes
        try:
            yield
        finally:
            self._root = ""

    def _look(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._root:
            return
        if event in _READS:
            self._opened(event, arguments)
        elif event in _WRITES:
            self._note_unless(self._writes and self._inside(arguments[0]), f"it writes: {event} {arguments!r}")
        elif event.startswith(_EXECUTES):
            self.seen.append(f"it executes: {event} {arguments!r}")

    def _opened(self, event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if isinstance(path, int):  # what it has opened already
            return
        writing = event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING
        if writing:
            self._note_unless(self._writes and self._inside(path), f"it writes: {path!r}")
        else:
            allowed = self._inside(path) or os.path.realpath(os.fspath(path) if path else ".").startswith(_OWN)
            self._note_unless(allowed, f"it reads outside of the root: {event} {path!r}")

    def _inside(self, path: Any) -> bool:
        real = os.path.realpath(os.fsdecode(path) if path is not None else ".")
        return real == self._root or real.startswith(self._root + os.sep)

    def _note_unless(self, allowed: bool, what: str) -> None:
        if not allowed:
            self.seen.append(what)

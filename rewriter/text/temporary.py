"""Temporary files beside those that they will replace, and removing what a killed run has left of them."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from dfix.rewriter.text.expression import expression

if sys.platform != "win32":
    import fcntl

_NAME = expression(r"\.dfix-[0-9a-f]{12}")
_seen: set[str] = set()


def temporary(folder: str) -> tuple[str, int]:
    """A new, empty file that only its owner can read: its path and descriptor. Raises OSError.

    It is locked as long as the descriptor is open, which shows that its run is alive.
    """
    while True:
        path = os.path.join(folder, f".dfix-{os.urandom(6).hex()}")
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
        try:
            own = _lock(descriptor) and os.path.lexists(path)
        except OSError:  # a file system without locks, on which nothing is removed either
            own = True
        if own:
            return path, descriptor
        os.close(descriptor)  # another run removed it before it was locked


def remove_leftovers(folder: str) -> None:
    """Remove a folder's temporary files of this user whose run has ended; looks once for each folder."""
    if folder in _seen or sys.platform == "win32":
        return
    _seen.add(folder)
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                _remove_unlocked(entry.path)


def _remove_unlocked(path: str) -> None:
    with suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            found = os.fstat(descriptor)
            if found.st_uid == os.geteuid() and found.st_nlink == 1 and _lock(descriptor):
                os.unlink(path)
        finally:
            os.close(descriptor)


def _lock(descriptor: int) -> bool:
    """Lock a file; False if another run has. Raises OSError."""
    if sys.platform != "win32":
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True

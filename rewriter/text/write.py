"""Replacing a file atomically, and never overwriting somebody else's edit."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import Unreadable, content, why


def write(path: str, before: bytes, after: bytes, within: tuple[str, ...]) -> Problem | None:
    """Replace the file's content `before` with `after`; mode and owner are kept.

    Links are followed as long as they stay inside of `within`, which has real paths of folders.

    The new content is written to a temporary file in the same folder, which is then renamed over the old one, so that
    no reader sees half a file. Returns a `Problem` and leaves the file untouched if its content is no longer `before`,
    it is read-only, a link leads out, or owner and mode cannot be kept.
    """
    data = content(path, len(before), within)
    try:
        target = os.path.realpath(path, strict=True)
        found = os.stat(target)
    except OSError as error:
        return Problem(path, 0, f"cannot be read again before writing: {why(error)}", "Run dfix again")
    if isinstance(data, Unreadable) and data.kind != "larger":
        return Problem(path, 0, f"cannot be read again before writing: {data.message}", "Run dfix again")
    if data != before:
        return Problem(path, 0, "another program changed it in the meantime; left as is", "Run dfix again")
    if not os.access(target, os.W_OK):
        return Problem(path, 0, "read-only", "Make it writable")
    return _replace(path, target, found, after)


def create(path: str, data: bytes) -> Problem | None:
    """Write a new file; a file that exists by now is not replaced."""
    try:
        with open(path, "xb") as file:  # does not follow a link
            file.write(data)
    except FileExistsError:
        return Problem(path, 0, "another program created it in the meantime; left as is", "Run dfix again")
    except OSError as error:
        with suppress(OSError):
            os.unlink(path)
        return Problem(
            path, 0, f"cannot be written: {why(error)}", "Check the folder's permissions and the free disk space"
        )
    return None


def _replace(path: str, target: str, found: os.stat_result, data: bytes) -> Problem | None:
    """Write `data` to a temporary file with the owner and mode of `found`, and rename it over `target`."""
    new = os.path.join(os.path.dirname(target), f".dfix-{os.urandom(6).hex()}")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        with open(os.open(new, flags, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # some file systems only report here that they are full
        if not _keep_owner(new, found):
            os.unlink(new)
            return Problem(path, 0, "belongs to a user or group that dfix cannot preserve", "Run dfix as that user")
        os.chmod(new, stat.S_IMODE(found.st_mode))
        os.replace(new, target)
    except OSError as error:
        with suppress(OSError):
            os.unlink(new)
        return Problem(
            path, 0, f"cannot be written: {why(error)}", "Check the folder's permissions and the free disk space"
        )
    except BaseException:
        with suppress(OSError):
            os.unlink(new)
        raise
    return None


def _keep_owner(new: str, found: os.stat_result) -> bool:
    if not hasattr(os, "chown"):
        return True
    mine = os.stat(new)
    if (mine.st_uid, mine.st_gid) == (found.st_uid, found.st_gid):
        return True
    try:
        os.chown(new, found.st_uid, found.st_gid)
    except PermissionError:
        return False
    return True

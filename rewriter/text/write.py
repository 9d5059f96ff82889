"""Replacing a file atomically, and never overwriting somebody else's edit."""

from __future__ import annotations

import os
import stat
from contextlib import suppress

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import Unreadable, content, why
from dfix.rewriter.text.temporary import remove_leftovers, temporary

_OF_THE_KERNEL = ("security.ima", "security.evm")
"""Attributes that the kernel computes from the content (ima(8), evmctl(1))."""


def write(path: str, before: bytes, after: bytes, within: tuple[str, ...]) -> Problem | None:
    """Replace the file's content `before` with `after`; mode, owner and extended attributes are kept.

    Links are followed as long as they stay inside of `within`, which has real paths of folders.

    The new content is written to a temporary file in the same folder, which is then renamed over the old one, so that
    no reader sees half a file. Returns a `Problem` and leaves the file untouched if its content is no longer `before`,
    it is read-only or has hard links, a link leads out, or owner and attributes cannot be kept.
    """
    try:
        target = os.path.realpath(path, strict=True)
        found = os.stat(target)
    except OSError as error:
        return _unread(path, why(error))
    state = _State(path, target, found, before, within)
    problem = state.changed()
    if problem is not None:
        return problem
    if found.st_nlink > 1:
        hint = "Write through the link: `dfix --stdin-filename FILE - < FILE > new && cat new > FILE`"
        return Problem(path, 0, f"has {found.st_nlink} hard links, and only one of them would be replaced", hint)
    if not os.access(target, os.W_OK):
        return Problem(path, 0, "read-only", "Make it writable")
    remove_leftovers(os.path.dirname(target))
    return _replace(state, after)


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


class _State(NamedTuple):
    """A file as it was read: `target` is its path with all links followed."""

    path: str
    target: str
    found: os.stat_result
    before: bytes
    within: tuple[str, ...]

    def changed(self) -> Problem | None:
        """Why the file is no longer the one that was read: its content, or whatever `stat` tells of it."""
        data = content(self.path, len(self.before), self.within)
        if isinstance(data, Unreadable) and data.kind != "larger":
            return _unread(self.path, data.message)
        try:
            now = os.stat(self.target)
        except OSError as error:
            return _unread(self.path, why(error))
        if data != self.before or _marks(now) != _marks(self.found):
            return Problem(self.path, 0, "another program changed it in the meantime; left as is", "Run dfix again")
        return None


def _marks(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _unread(path: str, message: str) -> Problem:
    return Problem(path, 0, f"cannot be read again before writing: {message}", "Run dfix again")


def _replace(state: _State, data: bytes) -> Problem | None:
    """Write `data` to a temporary file like the one of `state`, and rename it over that."""
    path, target, found = state.path, state.target, state.found
    new = ""
    try:
        new, descriptor = temporary(os.path.dirname(target))
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # some file systems only report here that they are full
            if os.name == "nt":
                file.close()  # an open file can't be renamed there
            problem = _kept(path, target, new, found) or state.changed()
            if problem is None:
                os.replace(new, target)
                return None
        os.unlink(new)
    except OSError as error:
        _discard(new)
        return Problem(
            path, 0, f"cannot be written: {why(error)}", "Check the folder's permissions and the free disk space"
        )
    except BaseException:
        _discard(new)
        raise
    return problem


def _discard(new: str) -> None:
    if new:
        with suppress(OSError):
            os.unlink(new)


def _kept(path: str, target: str, new: str, found: os.stat_result) -> Problem | None:
    """Give the new file the owner, mode and extended attributes of the old one."""
    if not _keep_owner(new, found):
        return Problem(path, 0, "belongs to a user or group that dfix cannot preserve", "Run dfix as that user")
    os.chmod(new, stat.S_IMODE(found.st_mode))
    lost = _lost_attribute(target, new)
    if lost:
        hint = f"Run dfix as root, or remove it: `setfattr -x {lost} FILE`"
        return Problem(path, 0, f"has the extended attribute {lost}, which dfix cannot preserve", hint)
    return None


def _lost_attribute(target: str, new: str) -> str:
    """Copy the extended attributes; return one that cannot be copied, or ""."""
    if not hasattr(os, "listxattr"):
        return ""
    try:
        names = os.listxattr(target)
    except OSError:  # a file system without them
        return ""
    for name in names:
        if name in _OF_THE_KERNEL:
            continue
        value = os.getxattr(target, name)
        try:
            if name not in os.listxattr(new) or os.getxattr(new, name) != value:
                os.setxattr(new, name, value)
        except OSError:
            return name
    return ""


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

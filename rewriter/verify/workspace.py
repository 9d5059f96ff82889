"""The temporary folder and the name of one run of verify, and finding leftovers of ended runs."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import stat
import tempfile
from collections.abc import Iterator

PREFIX = "dfix-verify-"
_LOGS = f"{PREFIX}log-"
_LOCK = "lock"


class Workspace:
    """A temporary folder for one run. The process holds a lock in it, which is released however the process ends.

    `run` is short and unique; `label` says where the folder is, because several machines may share an engine.
    """

    def __init__(self) -> None:
        self.run = secrets.token_hex(4)
        self.folder = os.path.join(tempfile.gettempdir(), PREFIX + self.run)
        self.label = f"{socket.gethostname()}:{self.folder}"
        os.mkdir(self.folder, 0o700)
        self._lock = os.open(os.path.join(self.folder, _LOCK), os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def path(self, name: str) -> str:
        """A path in the folder."""
        return os.path.join(self.folder, name)

    def keep(self, path: str, name: str) -> str:
        """Move a file out of the folder, so that it outlives the run, and return its new path."""
        kept = os.path.join(tempfile.gettempdir(), f"{_LOGS}{self.run}-{name}")
        return shutil.move(path, kept)

    def close(self) -> None:
        """Remove the folder."""
        clear(self.folder)
        os.close(self._lock)


def ended_runs() -> Iterator[str]:
    """The folders that ended runs did not remove."""
    root = tempfile.gettempdir()
    for name in sorted(os.listdir(root)):
        folder = os.path.join(root, name)
        if name.startswith(PREFIX) and os.path.isdir(folder) and not _alive(folder):
            yield folder


def kept_logs() -> Iterator[str]:
    """The logs of failed builds that runs of this user have kept."""
    root = tempfile.gettempdir()
    for name in sorted(os.listdir(root)):
        path = os.path.join(root, name)
        if name.startswith(_LOGS) and name.endswith(".log") and _is_own(path):
            yield path


def _is_own(path: str) -> bool:
    try:
        found = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_uid == os.geteuid()


def may_be_alive(label: str) -> bool:
    """Whether the run with that label may still be running: it is, or it is on another machine."""
    host, _, folder = label.partition(":")
    return host != socket.gethostname() or _alive(folder)


def clear(folder: str) -> None:
    """Remove a temporary folder, also if it contains read-only folders of a context."""
    for path, names, _ in os.walk(folder):
        for name in names:
            inner = os.path.join(path, name)
            if not os.path.islink(inner):
                os.chmod(inner, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _alive(folder: str) -> bool:
    try:
        with open(os.path.join(folder, _LOCK)) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False

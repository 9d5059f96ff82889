"""The temporary folder and the name of one run of verify, and finding what ended runs have left behind."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator

PREFIX = "dfix-verify-"
_LOCK = "lock"


class Workspace:
    """A folder that lives as long as the run. It holds a lock for as long as the process lives, however that ends.

    `run` is short and unique, `label` says where the folder is: several machines may share an engine.
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
        """Move a file out of the folder so that it stays after the run, and answer with where it is then."""
        kept = os.path.join(tempfile.gettempdir(), f"{PREFIX.rstrip('-')}-log-{self.run}-{name}")
        return shutil.move(path, kept)

    def close(self) -> None:
        """Remove the folder."""
        clear(self.folder)
        os.close(self._lock)


def ended_runs() -> Iterator[str]:
    """The folder of each run that has ended without removing it."""
    root = tempfile.gettempdir()
    for name in sorted(os.listdir(root)):
        folder = os.path.join(root, name)
        if name.startswith(PREFIX) and os.path.isdir(folder) and not _alive(folder):
            yield folder


def may_be_alive(label: str) -> bool:
    """Whether the run of that label may still be going on: it does, or it is another machine's."""
    host, _, folder = label.partition(":")
    return host != socket.gethostname() or _alive(folder)


def clear(folder: str) -> None:
    """Remove a temporary folder. Folders of a context can be read-only, which keeps their files from being removed."""
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

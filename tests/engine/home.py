"""Where the private engine lives, the locks that make it safe to share, and the one error that it has."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple


class NoEngineError(Exception):
    """There is no engine to be had here: why, in one line."""


class Home(NamedTuple):
    """The folders of one private engine; nothing outside of `folder` is written to.

    `packages` holds the unpacked Debian packages, `config` is the docker client's own folder, `data` holds images
    and layers, `run` the socket, the log and what else lives as long as the daemon. `locks` is never removed.
    """

    folder: Path

    @property
    def packages(self) -> Path:
        return self.folder / "packages"

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def run(self) -> Path:
        return self.folder / "run"

    @property
    def socket(self) -> Path:
        return self.run / "docker.sock"

    @property
    def log(self) -> Path:
        return self.folder / "dockerd.log"

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Only one process at a time goes on with `name`; the lock ends with the process, however that ends."""
        locks = self.folder / "locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def home() -> Home:
    """The home that DFIX_ENGINE_HOME names, else one in the user's cache folder."""
    named = os.environ.get("DFIX_ENGINE_HOME")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Home(Path(named).resolve() if named else cache.resolve() / "dfix-engine")

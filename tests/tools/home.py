"""Where tools of the tests are kept that pip does not install: a folder of its own, outside of the checkout."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

WITHIN = 300
"""Seconds that fetching may take."""


class NoToolError(Exception):
    """A tool cannot be had here: why, in one line."""


def home() -> Path:
    """The folder that DFIX_TOOLS_HOME names, else one in the user's cache folder."""
    named = os.environ.get("DFIX_TOOLS_HOME")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return Path(named).resolve() if named else cache.resolve() / "dfix-tools"


def kept(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name`, filled by `make` when it is first asked for. Whatever fails leaves no half of it behind."""
    folder = home() / name
    with _locked(folder):
        if not folder.exists():
            new = folder.with_name(f"{folder.name}.new")
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
            make(new)
            new.rename(folder)
    return folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Only one process at a time fills a folder."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(command: Sequence[str | Path], folder: Path) -> str:
    """What a command prints. Raises NoToolError with the end of what it said when it fails."""
    program = str(command[0])
    if shutil.which(program) is None:
        raise NoToolError(f"there is no {program}")
    try:
        done = subprocess.run(
            [*map(str, command)], cwd=folder, capture_output=True, text=True, timeout=WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoToolError(f"{program} takes more than {WITHIN} s") from None
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip() or "no word why").splitlines()[-1]
        raise NoToolError(f"{program} failed: {said}")
    return done.stdout


def absent(error: Exception) -> NoReturn:
    """End a test that lacks a tool: skipped, but not in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(str(error))
    pytest.skip(str(error))

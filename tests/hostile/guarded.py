"""Running the command in a child that the system ends if it hangs, computes or takes memory without end."""

from __future__ import annotations

import gc
import json
import os
import resource
import signal
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from dfix.rewriter.cli.main import run

HANGS_AFTER = 60
"""Seconds after which the child hangs; it takes a tenth of one."""
MOST_CPU = 10
SEEN = 20
MOST_MEMORY = 1_000_000_000
OUTSIDE = ("open", "os.listdir", "os.scandir")
EXECUTES = ("os.exec", "os.posix_spawn", "os.system", "subprocess.Popen", "socket.connect", "socket.bind")


class Ended(NamedTuple):
    """How the command ended: its status, negative for a signal, what it printed, and the CPU seconds it took."""

    status: int
    out: str
    err: str
    cpu: float = 0.0

    @property
    def said(self) -> str:
        return self.out + self.err

    def file(self, path: str) -> dict[str, Any]:
        """The record of a file in the JSON report."""
        found: list[dict[str, Any]] = json.loads(self.out)["files"]
        return next(record for record in found if record["path"] == path)


def guarded(
    words: Sequence[str],
    folder: Path,
    *,
    environment: Mapping[str, str] | None = None,
    opened: list[str] | None = None,
    stdin: str = "",
) -> Ended:
    """Run `dfix WORDS` in a folder. With `opened`, note there what is opened, listed or executed."""
    with tempfile.TemporaryDirectory() as kept:
        names = [os.path.join(kept, name) for name in ("in", "out", "err", "opened")]
        for name in names:
            Path(name).write_text(stdin if name == names[0] else "")
        child = os.fork()
        if not child:
            _as_command(words, folder, environment or {}, names, watched=opened is not None)
        _, how, used = os.wait4(child, 0)
        out, err, seen = (Path(name).read_bytes().decode("utf-8", "backslashreplace") for name in names[1:])
        if opened is not None:
            opened += seen.splitlines()
        return Ended(os.waitstatus_to_exitcode(how), out, err, used.ru_utime + used.ru_stime)


def _own_memory() -> int:
    """The bytes of address space that this process has: a fork starts with all that the tests before it have used."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


def _as_command(
    words: Sequence[str], folder: Path, environment: Mapping[str, str], names: Sequence[str], *, watched: bool
) -> NoReturn:
    status = 99
    gc.freeze()  # or collections would copy all the memory of the tests before it, page by page
    try:
        os.chdir(folder)
        for name, number in zip(names, (0, 1, 2, SEEN), strict=True):
            os.dup2(os.open(name, os.O_RDWR | os.O_APPEND), number)
        os.environ.clear()
        os.environ.update({"PATH": os.defpath, "HOME": "/nonexistent", **environment})
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
        memory = _own_memory() + MOST_MEMORY
        if watched:
            _watch(SEEN)
        signal.alarm(HANGS_AFTER)
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU, MOST_CPU))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        status = run([*words])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(status)


def _watch(descriptor: int) -> None:
    """Write a line for each file that is opened, folder that is listed, and command that is started."""

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event in OUTSIDE and isinstance(arguments[0], str):
            os.write(descriptor, os.fsencode(f"{os.path.realpath(arguments[0])}\n"))
        elif event in EXECUTES:
            os.write(descriptor, f"executes: {event}\n".encode())

    sys.addaudithook(hook)

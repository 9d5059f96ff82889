"""Running an engine's commands with a time limit; they can be stopped from outside and leave no process behind."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import IO

GRACE = 10.0
"""Seconds that a command gets after SIGTERM, in which engines stop their builds."""
_TICK = 0.2
_PIECE = 65536


class TimeoutExpiredError(Exception):
    """The command was still running at its time limit and has been stopped."""


class CommandStoppedError(Exception):
    """`stop()` stopped the command, or kept it from starting."""


class Processes:
    """The commands of one run of verify, so that Ctrl-C in one thread stops those of all."""

    def __init__(self) -> None:
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Stop all running commands and let no new ones start."""
        self._stopping.set()

    def run(
        self,
        command: Sequence[str],
        timeout: float,
        take: Callable[[bytes], None],
        *,
        stoppable: bool = True,
        folder: str | None = None,
    ) -> int:
        """Run a command, pass its standard output and error on piece by piece, and return its exit status.

        It works in `folder`, None for the current one. Commands that clean up are not `stoppable`. Raises
        TimeoutExpiredError, CommandStoppedError, and OSError for a missing program; by then, the command and all
        processes that it started have ended.
        """
        with self._started(command, subprocess.STDOUT, stoppable, folder) as process:
            end = time.monotonic() + timeout
            for piece in self._pieces(process, end, stoppable):
                take(piece)
            while process.poll() is None:
                self._check(end, stoppable)
                time.sleep(0.01)
            return process.returncode

    def ask(self, command: Sequence[str], timeout: float, *, stoppable: bool = True) -> tuple[int, str]:
        """The exit status and output of a short command. Raises like `run`."""
        pieces: list[bytes] = []
        status = self.run(command, timeout, pieces.append, stoppable=stoppable)
        return status, b"".join(pieces).decode("utf-8", "replace")

    @contextmanager
    def streamed(self, command: Sequence[str]) -> Iterator[IO[bytes]]:
        """The standard output of a command as a stream. Raises OSError if the command fails."""
        with self._started(command, subprocess.PIPE, True) as process:
            assert process.stdout is not None and process.stderr is not None
            said: list[bytes] = []
            listener = threading.Thread(target=lambda: said.append(_all(process.stderr)), daemon=True)
            listener.start()
            yield process.stdout
            while process.stdout.read(_PIECE):
                self._check(None, True)
            status = process.wait()
            listener.join()
            if status:
                raise OSError(b"".join(said).decode("utf-8", "replace").strip() or f"{command[0]} exits {status}")

    @contextmanager
    def _started(
        self, command: Sequence[str], stderr: int, stoppable: bool, folder: str | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        self._check(None, stoppable)
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            start_new_session=True,  # so that Ctrl-C in the terminal only reaches dfix
        )
        try:
            yield process
        finally:
            _end(process)

    def _pieces(self, process: subprocess.Popen[bytes], end: float, stoppable: bool) -> Iterator[bytes]:
        assert process.stdout is not None
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            while True:
                self._check(end, stoppable)
                if waiting.select(_TICK):
                    piece = os.read(process.stdout.fileno(), _PIECE)
                    if not piece:
                        return
                    yield piece

    def _check(self, end: float | None, stoppable: bool) -> None:
        if stoppable and self._stopping.is_set():
            raise CommandStoppedError
        if end is not None and time.monotonic() > end:
            raise TimeoutExpiredError


def _all(stream: IO[bytes] | None) -> bytes:
    return stream.read() if stream is not None else b""


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the process and its group, gently first."""
    try:
        if process.poll() is None:
            _signal(process, signal.SIGTERM)
            try:
                process.wait(GRACE)
            except subprocess.TimeoutExpired:
                _signal(process, signal.SIGKILL)
                process.wait()
        _signal(process, signal.SIGKILL)
    finally:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _signal(process: subprocess.Popen[bytes], number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)

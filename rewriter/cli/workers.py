"""Spreading tasks over processes, with answers in order; a process that dies loses only its current task."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from typing import Generic, NoReturn, TypeVar

from dfix.rewriter.text.named_tuple import NamedTuple

PATIENCE = 2.0
"""Seconds that a process gets to clean up before it is killed."""
LOOK_UP = 0.2
"""Poll interval in seconds, so that a Ctrl-C just before a blocking read is noticed."""
_HEADER = 8
"""Size in bytes of the length prefix of an answer."""

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class _Worker(NamedTuple):
    """`answers` is the descriptor from which they are read."""

    pid: int
    answers: int


class Workers(Generic[Task, Answer]):
    """Iterating forks `count` processes, gives each every `count`-th task, and yields the answers in order.

    `work` answers one task; `died` makes the answer for a task whose process died. The processes share the modules
    loaded before the fork. When the iteration ends early (also by Ctrl-C), each process cleans up its current task
    and ends; one that takes longer than `PATIENCE` seconds is killed.
    """

    def __init__(
        self, tasks: Sequence[Task], count: int, work: Callable[[Task], Answer], died: Callable[[Task], Answer]
    ) -> None:
        self._tasks, self._count, self._work, self._died = tasks, count, work, died
        self._workers: dict[int, _Worker] = {}

    def __iter__(self) -> Generator[Answer, None, None]:
        import pickle

        sys.stdout.flush()
        sys.stderr.flush()
        try:
            for number in range(self._count):
                self._fork(number, number)
            for number, task in enumerate(self._tasks):
                data = _message(self._workers[number % self._count].answers)
                if data:
                    answer: Answer = pickle.loads(data)
                else:
                    self._end(number % self._count)
                    self._fork(number % self._count, number + self._count)
                    answer = self._died(task)
                yield answer
        finally:
            for number in [*self._workers]:
                self._end(number)

    def _fork(self, number: int, first: int) -> None:
        """Start a process for the tasks `first`, `first + count`, …

        Signals are blocked until the parent has recorded the process and the process has set its own handlers. So
        it is always ended, and never goes on to run the rest of this program.
        """
        read, write = os.pipe()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGINT, signal.SIGTERM))
        try:
            pid = os.fork()
            if not pid:
                self._serve(read, write, first, before)
            os.close(write)
            self._workers[number] = _Worker(pid, read)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _serve(self, read: int, write: int, first: int, signals: Iterable[int]) -> NoReturn:
        import pickle

        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the parent, which ends this process
            signal.signal(signal.SIGTERM, _stop)
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            os.close(read)
            for other in self._workers.values():  # or they would stay open after the parent is gone
                os.close(other.answers)
            with open(write, "wb") as answers:
                for task in self._tasks[first :: self._count]:
                    data = pickle.dumps(self._work(task))
                    answers.write(len(data).to_bytes(_HEADER, "big") + data)
                    answers.flush()
        finally:
            os._exit(0)

    def _end(self, number: int) -> None:
        pid, answers = self._workers.pop(number)
        os.close(answers)
        os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + PATIENCE
        while not os.waitpid(pid, os.WNOHANG)[0]:
            if time.monotonic() > end:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            time.sleep(0.001)


def _message(descriptor: int) -> bytes:
    """The bytes of the next answer; empty if the writing process is gone."""
    header = _exactly(descriptor, _HEADER)
    return _exactly(descriptor, int.from_bytes(header, "big")) if header else b""


def _exactly(descriptor: int, count: int) -> bytes:
    """Read `count` bytes; empty if the other end closes first."""
    import select

    parts: list[bytes] = []
    while count:
        while not select.select([descriptor], [], [], LOOK_UP)[0]:
            pass
        part = os.read(descriptor, min(count, 1 << 16))
        if not part:
            return b""
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _stop(_signal: int, _frame: object) -> NoReturn:
    """Unwind the current task, so that it removes half-written files."""
    raise SystemExit

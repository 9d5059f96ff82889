"""Many files over several processes, in order; a process that dies costs its file and no other."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from typing import BinaryIO, Generic, NamedTuple, NoReturn, TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")


class _Worker(NamedTuple):
    pid: int
    answers: BinaryIO


class Workers(Generic[Task, Answer]):
    """Forks `count` processes, of which each takes every `count`-th task; iterating gives the answers in order.

    `work` answers one task, `died` makes the answer for a task during which the process was lost. Modules that are
    loaded before are shared. Whatever ends the iteration early, an interrupt too, ends the processes.
    """

    def __init__(
        self, tasks: Sequence[Task], count: int, work: Callable[[Task], Answer], died: Callable[[Task], Answer]
    ) -> None:
        self._tasks, self._count, self._work, self._died = tasks, count, work, died
        sys.stdout.flush()
        sys.stderr.flush()
        self._workers: list[_Worker] = []
        for number in range(count):
            self._workers.append(self._fork(number))

    def __iter__(self) -> Generator[Answer, None, None]:
        import pickle

        try:
            for number, task in enumerate(self._tasks):
                worker = self._workers[number % self._count]
                try:
                    answer: Answer = pickle.load(worker.answers)
                except (EOFError, OSError, pickle.UnpicklingError):
                    self._end(worker)
                    self._workers[number % self._count] = self._fork(number + self._count)
                    answer = self._died(task)
                yield answer
        finally:
            for worker in self._workers:
                self._end(worker)

    def _fork(self, first: int) -> _Worker:
        """A process for the tasks `first`, `first + count`, …"""
        read, write = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(read)
            for other in self._workers:  # or they would wait for a parent that is gone
                other.answers.close()
            self._serve(write, first)
        os.close(write)
        return _Worker(pid, open(read, "rb"))

    def _serve(self, write: int, first: int) -> NoReturn:
        import pickle
        import signal

        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends this process
            with open(write, "wb") as answers:
                for task in self._tasks[first :: self._count]:
                    pickle.dump(self._work(task), answers)
                    answers.flush()
        finally:
            os._exit(0)

    @staticmethod
    def _end(worker: _Worker) -> None:
        import signal

        worker.answers.close()
        with suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
        os.waitpid(worker.pid, 0)

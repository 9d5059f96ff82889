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
        self._workers: dict[int, _Worker] = {}
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            for number in range(count):
                self._start(number)
        except BaseException:
            self._end_all()
            raise

    def __iter__(self) -> Generator[Answer, None, None]:
        import pickle

        try:
            for number, task in enumerate(self._tasks):
                slot = number % self._count
                try:
                    answer: Answer = pickle.load(self._workers[slot].answers)
                except (EOFError, OSError, pickle.UnpicklingError):
                    self._end(self._workers.pop(slot))
                    self._start(number + self._count)
                    answer = self._died(task)
                yield answer
        finally:
            self._end_all()

    def _start(self, first: int) -> None:
        """A process for the tasks `first`, `first + count`, …

        It never sees an interrupt, and this process sees none before it knows of the other one, which it then ends.
        """
        import signal

        read, write = os.pipe()
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            pid = os.fork()
            if not pid:
                os.close(read)
                self._serve(write, first)
            self._workers[first % self._count] = _Worker(pid, open(read, "rb"))
            os.close(write)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    def _serve(self, write: int, first: int) -> NoReturn:
        """Answer the tasks from `first` on; the process ends here."""
        try:
            import pickle

            for other in self._workers.values():  # or they would wait for a parent that is gone
                other.answers.close()
            with open(write, "wb") as answers:
                for task in self._tasks[first :: self._count]:
                    pickle.dump(self._work(task), answers)
                    answers.flush()
        finally:
            os._exit(0)

    def _end_all(self) -> None:
        while self._workers:
            self._end(self._workers.popitem()[1])

    @staticmethod
    def _end(worker: _Worker) -> None:
        import signal

        worker.answers.close()
        with suppress(ProcessLookupError):
            os.kill(worker.pid, signal.SIGKILL)
        os.waitpid(worker.pid, 0)

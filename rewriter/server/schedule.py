"""Which question is answered next, and by which process.

What somebody waits for goes first. Documents have a level: they begin as quick ones, and one whose analysis takes
longer than its level allows goes up while another waits. Each level has its own processes, so slow documents only wait
for each other, and run at a lower priority; a process that exceeds the time limit is ended.
"""

from __future__ import annotations

import asyncio
import pickle
import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from enum import IntEnum

from dfix.rewriter.server import analyses
from dfix.rewriter.server.cpu_time import cpu_seconds
from dfix.rewriter.server.launcher import Launcher
from dfix.rewriter.server.questions import EMPTY, HEADER, News, Question, Reply, packed
from dfix.rewriter.text.named_tuple import NamedTuple

PROCESSES = (2, 1, 1)
"""How many processes each level has at most."""
SECONDS = (0.1, 0.5, float("inf"))
"""How much CPU time an analysis of each level may take while another one waits."""
_LOOK_UP = 0.02
"""Seconds between two looks at the CPU time of a process that has nearly used up what it may take."""
MOST_CLOSED = 50
"""A process is replaced after so many of its documents were closed: a new one doesn't have their memory."""


class Need(IntEnum):
    """How urgent a question is: somebody waits, an editor shows it, or the server asks by itself."""

    NOW = 0
    SHOWN = 1
    BACKGROUND = 2


class ProcessEndedError(Exception):
    """A process ended before it had answered; `late` if that took too long."""

    def __init__(self, *, late: bool) -> None:
        super().__init__()
        self.late = late


class _Job(NamedTuple):
    uri: str
    need: Need
    question: Callable[[], Question | None]
    answer: asyncio.Future[Reply]


class _Process:
    """One process: the question that it is at, since when, and the documents that it has seen."""

    def __init__(self, number: int, connection: socket.socket, watched: frozenset[str]) -> None:
        connection.setblocking(False)
        self.number, self.connection = number, connection
        self.job: _Job | None = None
        self.since: float | None = None
        self._pid, self._used_before = 0, 0.0
        self.level = 0
        self.evicted = self.unwanted = self.lowered = False
        self.news = [News(watched=watched)]
        self.seen: set[str] = set()
        self.closed = self.answered = 0

    def begin(self, pid: int) -> None:
        """Note that it is at its question from now on."""
        self._pid, self._used_before = pid, cpu_seconds(pid) or 0.0
        self.since = asyncio.get_running_loop().time()

    def taken(self) -> float:
        """The CPU seconds that its question has taken so far, with PATIENCE; 0 before it is at it."""
        if self.since is None:
            return 0.0
        elapsed = asyncio.get_running_loop().time() - self.since
        used = cpu_seconds(self._pid)
        return elapsed if used is None else max(used - self._used_before, elapsed / analyses.PATIENCE)

    @property
    def unasked(self) -> bool:
        """Whether it ended between two questions: the second is not to blame."""
        return self.answered > 0 and self.since is None


class Schedule:
    """The questions that wait, and the processes. Everything runs on the event loop's thread."""

    def __init__(self, launcher: Launcher) -> None:
        self._launcher = launcher
        self._waiting: list[dict[Need, deque[_Job]]] = [{need: deque() for need in Need} for _ in PROCESSES]
        self._processes: list[_Process] = []
        self._levels: dict[str, int] = {}
        self._watched: frozenset[str] = frozenset()
        self._tasks: set[asyncio.Task[None]] = set()
        self._alarm: asyncio.TimerHandle | None = None
        self._rests = False

    async def ask(self, uri: str, need: Need, question: Callable[[], Question | None]) -> Reply:
        """The reply to a question, which is made when its turn comes; None then means that it has become pointless.

        Raises ProcessEndedError, and what `question` raises. When the caller is cancelled, the analysis is stopped.
        """
        job = _Job(uri, need, question, asyncio.get_running_loop().create_future())
        self._put(job)
        self._rests = False
        self._next()
        try:
            return await job.answer
        except asyncio.CancelledError:
            for waiting in self._waiting:
                with suppress(ValueError):
                    waiting[need].remove(job)
            self._stop(job)
            raise

    def stop(self, uri: str) -> None:
        """Stop the analysis of an outdated version of a document."""
        for process in self._processes:
            if process.job is not None and process.job.uri == uri:
                self._stop(process.job)

    def tell(self, news: News) -> None:
        """Give news to every process, with its next question."""
        if news.watched is not None:
            self._watched = news.watched
        for process in [*self._processes]:
            process.news.append(news)
            if news.closed in process.seen:
                process.seen.discard(news.closed)
                process.closed += 1
                if process.job is None and process.closed >= MOST_CLOSED:
                    self._end(process)
        self._levels.pop(news.closed, None)

    def rest(self) -> None:
        """End all processes, each when it has nothing more to do, as no document is open."""
        self._rests = True
        for process in [*self._processes]:
            if process.job is None:
                self._end(process)

    def _put(self, job: _Job) -> None:
        self._waiting[self._levels.get(job.uri, 0)][job.need].append(job)

    def _take(self, level: int, most: Need) -> _Job | None:
        """The next job of a level that is at least as urgent as `most`.

        A document has one process at a time, or what one question about it needs would be computed for each.
        """
        job = next(self._startable(level, most), None)
        if job is not None:
            self._waiting[level][job.need].remove(job)
        return job

    def _startable(self, level: int, most: Need = Need.BACKGROUND) -> Iterator[_Job]:
        running = {process.job.uri for process in self._processes if process.job is not None}
        for need, waiting in self._waiting[level].items():
            yield from (job for job in waiting if need <= most and job.uri not in running)

    def _next(self) -> None:
        """Start what may be started now."""
        for level, most in enumerate(PROCESSES):
            while len(busy := self._busy(level)) < most:
                # the last process is kept for somebody who waits
                own = most > 1 and len(busy) == most - 1 and all(one.job and one.job.need > Need.NOW for one in busy)
                job = self._take(level, Need.NOW if own else Need.BACKGROUND)
                if job is None:
                    break
                self._start(job, level)
        self._set_alarm()

    def _busy(self, level: int) -> list[_Process]:
        return [process for process in self._processes if process.job is not None and process.level == level]

    def _start(self, job: _Job, level: int) -> None:
        try:
            question = job.question()
        except Exception as error:
            job.answer.set_exception(error)
            return
        if question is None:
            job.answer.set_result(Reply(stopped=True))
            return
        free = [one for one in self._processes if one.job is None and one.lowered == (level > 0)]
        process = min(free, key=lambda one: job.uri not in one.seen, default=None)
        if process is None:
            try:
                process = _Process(*self._launcher.start(), self._watched)
            except OSError:  # the launcher is gone, which ends the server
                job.answer.set_exception(ProcessEndedError(late=False))
                return
            self._processes.append(process)
        process.job, process.since = job, None
        process.level, process.unwanted = level, False
        self._lower(process)
        for one in self._processes:
            one.seen.discard(job.uri)
        process.seen.add(job.uri)
        task = asyncio.ensure_future(self._carry_out(process, job, question))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry_out(self, process: _Process, job: _Job, question: Question) -> None:
        """Let a process answer, and start what has waited for it."""
        try:
            reply = await self._exchange(process, question)
            if not job.answer.done():
                job.answer.set_result(reply)
        except ProcessEndedError as error:
            self._end(process)
            if error.late:
                self._levels[job.uri] = len(PROCESSES) - 1
            if not job.answer.done() and (process.evicted or process.unasked):
                self._put(job)
            elif not job.answer.done():
                job.answer.set_exception(error)
        except Exception as error:
            self._end(process)
            if not job.answer.done():
                job.answer.set_exception(error)
        process.job = None
        lowered = sum(one.lowered for one in self._processes)
        if process.closed >= MOST_CLOSED or self._rests or (process.lowered and lowered > sum(PROCESSES[1:])):
            self._end(process)
        # later, because who gets the answer may know that the next question needn't be asked
        asyncio.get_running_loop().call_soon(self._next)

    async def _exchange(self, process: _Process, question: Question) -> Reply:
        """Send a question and wait for the reply; its time counts from when the process is at it.

        Raises ProcessEndedError.
        """
        news, process.news = tuple(process.news), []
        uri = question.document.uri
        loop = asyncio.get_running_loop()
        try:
            await loop.sock_sendall(process.connection, packed(question._replace(news=news)))
            process.begin(int.from_bytes(await _message(process.connection), "big"))
            if process.unwanted:
                await loop.sock_sendall(process.connection, EMPTY)
            self._set_alarm()
            reply: Reply = pickle.loads(await _in_time(process))
        except OSError:
            raise ProcessEndedError(late=False) from None
        process.answered += 1
        if process.taken() <= SECONDS[0]:
            self._levels.pop(uri, None)
        return reply

    def _set_alarm(self) -> None:
        """Look again when an analysis has taken what its level allows, if anything waits for its process."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        left = []
        for level, seconds in enumerate(SECONDS[:-1]):
            if next(self._startable(level), None) is not None:
                left += [seconds - one.taken() for one in self._busy(level) if one.since is not None]
        if left:
            self._alarm = asyncio.get_running_loop().call_later(max(min(left), _LOOK_UP), self._make_room)

    def _make_room(self) -> None:
        """Move up what takes too long for its level: it goes on if there is room, else it has to begin again."""
        for level, seconds in [*enumerate(SECONDS[:-1])][::-1]:
            if next(self._startable(level), None) is None:
                continue
            for process in self._busy(level):
                if process.job is None or process.taken() < seconds:
                    continue
                process.evicted = len(self._busy(level + 1)) >= PROCESSES[level + 1]
                process.level = self._levels[process.job.uri] = level + 1
                if process.evicted:
                    self._kill(process)
                else:
                    self._lower(process)
        self._next()

    def _stop(self, job: _Job) -> None:
        process = next((one for one in self._processes if one.job is job and not one.unwanted), None)
        if process is None:
            return
        process.unwanted = True
        if process.since is not None:
            with suppress(OSError):  # it has just ended
                process.connection.send(EMPTY)

    def _lower(self, process: _Process) -> None:
        """Let a process that is slow leave the processors to the others."""
        if process.level and not process.lowered:
            process.lowered = True
            with suppress(OSError):
                self._launcher.lower(process.number)

    def _kill(self, process: _Process) -> None:
        with suppress(OSError):  # the launcher has gone, and this process with it
            self._launcher.end(process.number)

    def _end(self, process: _Process) -> None:
        """End a process and forget it."""
        if process in self._processes:
            self._processes.remove(process)
            self._kill(process)
            process.connection.close()


async def _in_time(process: _Process) -> bytes:
    """The reply of a process. Raises ConnectionError if it is gone, ProcessEndedError if it takes too long."""
    reply = asyncio.ensure_future(_message(process.connection))
    try:
        while True:
            left = analyses.LONGEST_SECONDS - process.taken()
            if left <= 0:
                raise ProcessEndedError(late=True)
            if (await asyncio.wait((reply,), timeout=max(left, _LOOK_UP)))[0]:
                return reply.result()
    finally:
        reply.cancel()


async def _message(connection: socket.socket) -> bytes:
    """The next message of a process. Raises ConnectionError if it is gone."""
    length = int.from_bytes(await _exactly(connection, HEADER), "big")
    return await _exactly(connection, length)


async def _exactly(connection: socket.socket, count: int) -> bytes:
    loop = asyncio.get_running_loop()
    parts: list[bytes] = []
    while count:
        part = await loop.sock_recv(connection, min(count, 1 << 20))
        if not part:
            raise ConnectionError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)

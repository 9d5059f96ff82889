"""Work over several processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfix.rewriter.cli import workers
from dfix.rewriter.cli.workers import Workers

MANY = 50


def square(number: int) -> int | None:
    return number * number


def died(number: int) -> int | None:
    return None


def children() -> set[str]:
    """The processes that this one started, also those that ended and nobody asked about."""
    found: set[str] = set()
    for task in os.listdir("/proc/self/task"):
        found.update(Path(f"/proc/self/task/{task}/children").read_text().split())
    return found


@pytest.fixture(autouse=True)
def _no_process_is_left() -> Iterator[None]:
    before = children()  # what other tests may have left
    yield
    assert children() <= before


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_answers_come_in_order(count: int) -> None:
    assert list(Workers(range(MANY), count, square, died)) == [number * number for number in range(MANY)]


def test_large_answers() -> None:
    """More than a pipe holds."""
    answers = Workers(range(6), 2, lambda number: str(number) * 300_000, lambda _number: "")
    assert [answer[0] for answer in answers] == list("012345")


def test_a_process_that_dies_costs_its_task_alone() -> None:
    def work(number: int) -> int | None:
        if number in (0, 3, 4, MANY - 1):
            os._exit(9)
        return square(number)

    answers = list(Workers(range(MANY), 3, work, died))
    assert [number for number, answer in enumerate(answers) if answer is None] == [0, 3, 4, MANY - 1]
    assert [answer for answer in answers if answer is not None][:3] == [1, 4, 25]


def test_an_error_costs_its_task_alone() -> None:
    def work(number: int) -> int | None:
        if number == 1:
            raise RuntimeError
        return square(number)

    assert list(Workers(range(4), 2, work, died)) == [0, None, 4, 9]


def test_an_end_before_all_are_answered_ends_the_processes(tmp_path: Path) -> None:
    def work(number: int) -> int | None:
        if number:
            time.sleep(60)
            (tmp_path / "finished").touch()
        return square(number)

    answers = Workers(range(4), 2, work, died).__iter__()
    assert next(answers) == 0
    answers.close()
    assert os.listdir(tmp_path) == []


def test_a_process_that_is_ended_cleans_up(tmp_path: Path) -> None:
    def work(number: int) -> int | None:
        if not number:
            return 0
        mark = tmp_path / str(number)
        mark.touch()
        try:
            time.sleep(60)
        finally:
            mark.unlink()
        return number

    answers = Workers(range(6), 3, work, died).__iter__()
    assert next(answers) == 0
    while len(os.listdir(tmp_path)) < 3:
        time.sleep(0.01)
    answers.close()
    assert os.listdir(tmp_path) == []


def test_a_process_that_does_not_clean_up_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(number: int) -> int | None:
        if number:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            (tmp_path / "sleeps").touch()
            time.sleep(60)
            (tmp_path / "finished").touch()
        return number

    monkeypatch.setattr(workers, "PATIENCE", 0.1)
    answers = Workers(range(2), 2, work, died).__iter__()
    assert next(answers) == 0
    while not (tmp_path / "sleeps").exists():
        time.sleep(0.01)
    answers.close()
    assert os.listdir(tmp_path) == ["sleeps"]


def _interrupted() -> int:
    """What a program ends with that an interrupt meets somewhere in its work."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        list(Workers(range(20), 10, lambda _number: time.sleep(60), died))
    except KeyboardInterrupt:
        return 1 if children() else 130
    return 2


def test_an_interrupt_at_any_time_ends_the_processes() -> None:
    """While they start as well as while they work."""
    for delay in range(20):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        program = os.fork()
        if not program:
            os._exit(_interrupted())
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        time.sleep(delay / 2000)
        os.kill(program, signal.SIGINT)
        assert os.waitstatus_to_exitcode(os.waitpid(program, 0)[1]) == 130

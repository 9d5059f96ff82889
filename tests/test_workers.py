"""Work over several processes."""

from __future__ import annotations

import os
import time

import pytest

from rewriter.workers import Workers

MANY = 50


def square(number: int) -> int | None:
    return number * number


def died(number: int) -> int | None:
    return None


def no_children() -> bool:
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return True
    return False


@pytest.mark.parametrize("count", [1, 2, 7, 60])
def test_answers_come_in_order(count: int) -> None:
    assert list(Workers(range(MANY), count, square, died)) == [number * number for number in range(MANY)]
    assert no_children()


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
    assert no_children()


def test_an_error_costs_its_task_alone() -> None:
    def work(number: int) -> int | None:
        if number == 1:
            raise RuntimeError
        return square(number)

    assert list(Workers(range(4), 2, work, died)) == [0, None, 4, 9]


def test_an_end_before_all_are_answered_ends_the_processes() -> None:
    def work(number: int) -> int | None:
        if number:
            time.sleep(60)
        return square(number)

    start = time.monotonic()
    answers = Workers(range(4), 2, work, died).__iter__()
    assert next(answers) == 0
    answers.close()
    assert time.monotonic() - start < 30
    assert no_children()

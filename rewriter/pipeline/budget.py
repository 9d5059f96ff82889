"""The CPU time that one file may take. A file that takes more is given up, so that it holds up no other."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

MOST_SECONDS = 8.0
"""Seconds of CPU time; an ordinary file takes a few milliseconds, one with a context of 200,000 files takes one second.

CPU time and not time on the clock, so that a busy machine gives the same results.
"""
_AGAIN = 0.5
"""Seconds after which the error is raised once more: in some places, such as a finalizer, Python ignores it."""


class OverBudgetError(BaseException):
    """The file took too long. Not an Exception, so that no rule takes it for an error of its own."""


@contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise OverBudgetError in the block once it has taken that much CPU time.

    No limit where the system has no such timer, or outside of the main thread, which alone gets signals.
    """
    if not hasattr(signal, "setitimer"):
        yield
        return
    try:
        before = signal.signal(signal.SIGPROF, _end)
    except ValueError:  # not in the main thread
        yield
        return
    signal.setitimer(signal.ITIMER_PROF, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _end(_signal: int, _frame: object) -> NoReturn:
    raise OverBudgetError

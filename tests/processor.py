"""How long a test may compute: its bound, for the processor on which it was chosen, or more on a slower one."""

from __future__ import annotations

import re
import time
from functools import lru_cache

_USUAL = 0.28
"""CPU seconds that the measured work takes on the processor of the bounds."""


_KEPT = 10
"""Seconds for which a measurement is kept."""


def allowed(bound: float) -> float:
    """The bound of CPU time on this machine, in the unit of the one given."""
    return bound * _slowness(int(time.monotonic() // _KEPT))


@lru_cache(maxsize=1)
def _slowness(_now: int) -> float:
    """How many times slower this processor is; 1 for a faster one. What else the machine does counts as well.

    It is measured anew from time to time, because other machines may share the processor.
    """
    return max(1.0, max(_work() for _ in range(3)) / _USUAL)


def _work() -> float:
    """The CPU time of what dfix does most: matching short texts and looking them up."""
    start = time.process_time()
    lengths: dict[str, int] = {}
    for number in range(60_000):
        text = f"RUN apt-get install -y package-{number % 977} && rm -rf /var/lib/{number}"
        for word in re.findall(r"[\w./-]+", text):
            lengths[word] = lengths.get(word, 0) + len(word)
    return time.process_time() - start

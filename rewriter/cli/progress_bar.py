"""A progress bar in the last line of the terminal, below what is printed meanwhile."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

from dfix.rewriter.report.output import Output

FROM = 100
"""From this many files on, a terminal shows a bar."""
_EVERY = 0.1
"""Seconds between two drawings."""
_CELLS = 30

Item = TypeVar("Item")


def with_bar(items: Iterable[Item], total: int, out: Output, err: Output, *, quiet: bool) -> Iterable[Item]:
    """The items as they come; on a terminal, a bar on `err` shows how many of many files have come."""
    if total <= FROM or quiet or not err.columns or os.environ.get("TERM") == "dumb":
        return items
    return _Bar(total, out, err).below(items)


class _Bar:
    def __init__(self, total: int, out: Output, err: Output) -> None:
        self._total, self._err = total, err
        self._beside = [stream for stream in (out, err) if stream.columns]
        self._shown = False

    def below(self, items: Iterable[Item]) -> Iterator[Item]:
        for stream in self._beside:
            stream.make_room = self._erase
        try:
            self._draw(0)
            drawn = time.monotonic()
            for done, item in enumerate(items, 1):
                yield item
                if time.monotonic() - drawn >= _EVERY:
                    self._draw(done)
                    drawn = time.monotonic()
        finally:
            self._erase()

    def _draw(self, done: int) -> None:
        for stream in self._beside:
            stream.flush()
        cells = _CELLS * done // self._total
        said = f"{'━' * cells}{'─' * (_CELLS - cells)} {done} of {self._total} Dockerfiles"
        self._put(f"\r{said[: self._err.columns - 1]}\x1b[K")
        self._shown = True

    def _erase(self) -> None:
        if self._shown:
            self._shown = False
            self._put("\r\x1b[K")

    def _put(self, text: str) -> None:
        self._err.stream.write(text.encode())
        self._err.flush()

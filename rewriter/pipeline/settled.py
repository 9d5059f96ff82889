"""Of which of the author's instructions a change says all there is to say, so that its rule refuses none of them."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable

from dfix.rewriter.answers.change import Change
from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.pipeline.history import History


class Settled:
    """The instructions of the first text that the changes settle. Each change comes with the number of its text."""

    def __init__(self, first: Tree, history: History, changes: Iterable[tuple[int, Change]]) -> None:
        self._starts = [instruction.span.start for instruction in first.instructions]
        self._settled = {
            (change.rule, self._start(history.original(text, change.settles)))
            for text, change in changes
            if change.settles is not None
        }

    def has(self, rule: str, offset: int) -> bool:
        """Whether the instruction at an offset of the first text is settled for a rule."""
        return (rule, self._start(offset)) in self._settled

    def _start(self, offset: int) -> int:
        return self._starts[max(bisect(self._starts, offset) - 1, 0)]

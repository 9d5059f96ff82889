"""Which files a stage ends with: each copy of the author is there, and the last one wins as before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dfix.rewriter.context.folder import Context
from dfix.rewriter.pipeline.guards.stage_pair import WrongError, line_of
from dfix.rewriter.pipeline.guards.trace import Put, conflict, lasting


def nothing_gone(before: Sequence[Put], after: Sequence[Put]) -> None:
    """Raises WrongError for a copy that the author wrote and that is no longer there."""
    gone = Counter(put.same() for put in before)
    gone.subtract(Counter(put.same() for put in after))
    for put in before:
        if gone[put.same()] > 0:
            raise WrongError(f"{line_of(put)} is gone, or copies something else")


def same_end(before: Sequence[Put], after: Sequence[Put], context: Context) -> None:
    """Raises WrongError where a stage ends with other files, or another copy comes last."""
    first = [before[index] for index in lasting(before, context)]
    second = [after[index] for index in lasting(after, context)]
    counts, counts_after = (Counter(put.same() for put in puts) for puts in (first, second))
    for put in first:
        if counts[put.same()] > counts_after[put.same()]:
            raise WrongError(f"{line_of(put)} no longer decides which files are in the image")
    for put in second:
        if counts_after[put.same()] > counts[put.same()]:
            raise WrongError(f"{line_of(put)} of the result puts other files into the image")
    same_order(first, second, context)


def same_order(first: Sequence[Put], second: Sequence[Put], context: Context) -> None:
    """Raises WrongError where two of the same copies change places that put files to the same path."""
    left = [put.same() for put in second]
    ranks = []
    for put in first:
        rank = left.index(put.same())
        left[rank] = ()
        ranks.append(rank)
    for index, put in enumerate(first):
        for earlier in range(index):
            if ranks[earlier] > ranks[index] and conflict(first[earlier], put, context):
                raise WrongError(f"{line_of(put)} no longer overwrites {line_of(first[earlier])}")

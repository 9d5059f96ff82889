"""Which of the lines that differ are whose: each change with its own hunks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.report.hunks import Hunk, hunks
from dfix.rewriter.text.named_tuple import NamedTuple

MOST_BETWEEN = 3
"""Up to this many equal lines between two hunks are shown, in one frame."""


class ChangeGroup(NamedTuple):
    """Changes of the same lines, mostly one, and these lines."""

    changes: tuple[Applied, ...]
    hunks: tuple[Hunk, ...]


def change_groups(result: Result) -> Iterator[ChangeGroup]:
    """The changes in the order of their lines; a hunk without a change of its own belongs to the previous one."""
    ordered = sorted(result.changes, key=lambda change: (change.line, change.line_after))
    lines = [change.line for change in ordered]
    places: list[Hunk] = []
    for hunk in hunks(result):
        inside = ordered[bisect_right(lines, hunk.line) : bisect_left(lines, hunk.line + len(hunk.old))]
        places += _cut(hunk, inside)
    if not places:
        if result.changes:  # otherwise only the ignore file changes
            yield ChangeGroup(result.changes, ())
        return
    owned = _owned(result, places)
    changes: list[Applied] = []
    own: list[Hunk] = []
    for place, its_changes in zip(places, owned, strict=True):
        if its_changes and changes:
            yield ChangeGroup(tuple(changes), tuple(own))
            changes, own = [], []
        changes += its_changes
        own.append(place)
    yield ChangeGroup(tuple(changes), tuple(own))


def _cut(hunk: Hunk, changes: Sequence[Applied]) -> Iterator[Hunk]:
    """The parts of a hunk, one for each change that begins within it, before and after; `changes` are in order."""
    for change in changes:
        old, new = change.line - hunk.line, change.line_after - hunk.line_after
        if 0 < old < len(hunk.old) and 0 <= new < len(hunk.new):
            yield Hunk(hunk.line, hunk.old[:old], hunk.line_after, hunk.new[:new])
            hunk = Hunk(change.line, hunk.old[old:], change.line_after, hunk.new[new:])
    yield hunk


def _owned(result: Result, places: Sequence[Hunk]) -> list[list[Applied]]:
    """The changes of each place: those whose result is there; the others go to the place nearest to their line."""
    ends = {instruction.line: instruction.end_line for instruction in parse(result.before).instructions}
    starts = [place.line_after for place in places]
    owned: list[list[Applied]] = [[] for _ in places]
    for change in result.changes:
        at = bisect_right(starts, change.line_after) - 1
        if at < 0 or change.line_after >= starts[at] + len(places[at].new):
            end = ends.get(change.line, change.line)
            distances = [_distance(change.line, end, place) for place in places]
            at = distances.index(min(distances))
        owned[at].append(change)
    return owned


def _distance(line: int, end: int, place: Hunk) -> int:
    """The number of lines between the place and the instruction on lines `line` to `end`."""
    last = place.line + max(len(place.old) - 1, 0)
    return max(place.line - end, line - last, 0)

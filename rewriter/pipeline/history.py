"""Translating offsets between successive texts of the same file, through the edits made in between."""

from __future__ import annotations

from bisect import bisect_left
from operator import attrgetter

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Region, Source, Span


class _Moved(NamedTuple):
    start: int
    end: int
    new_start: int
    new_end: int


class History:
    """The texts of a file from the first to the last, and the edits between them."""

    def __init__(self, source: Source) -> None:
        self.texts = [source]
        self._steps: list[tuple[_Moved, ...]] = []
        self._joined: list[tuple[_Moved, ...]] = [()]
        """The steps up to each text as one."""

    def apply(self, edits: list[Edit]) -> Source:
        """Apply `edits` to the last text and record how they moved the rest."""
        before = self.texts[-1]
        after = before.apply(edits)
        moved = []
        shift = 0
        for span, text in sorted(edits):
            length = len(before.written(text))
            start = span.start + shift
            moved.append(_Moved(span.start, span.end, start, start + length))
            shift += length - (span.end - span.start)
        self.texts.append(after)
        self._steps.append(tuple(moved))
        self._joined.append(_joined(self._joined[-1], self._steps[-1]))
        return after

    def regions(self, index: int | None = None) -> tuple[Region, ...]:
        """Where the first text and text `index` (the last one) may differ, in order; the rest is the same in both."""
        joined = self._joined[len(self._steps) if index is None else index]
        return tuple(Region(Span(m.start, m.end), Span(m.new_start, m.new_end)) for m in joined)

    def original(self, index: int, offset: int) -> int:
        """The offset in the first text of the character at `offset` in text `index`."""
        for step in reversed(self._steps[:index]):
            offset = _back(step, offset)
        return offset

    def final(self, index: int, offset: int) -> int:
        """The offset in the last text of the character at `offset` in text `index`."""
        for step in self._steps[index:]:
            offset = _forth(step, offset)
        return offset


def _joined(first: tuple[_Moved, ...], second: tuple[_Moved, ...]) -> tuple[_Moved, ...]:
    """Combine two steps into one; places that touch in the text between them become one place.

    Example: step 1 inserts "abc" at offset 0, step 2 replaces the "b". Joined: three characters inserted at offset 0.
    """
    places = sorted(
        [(m.new_start, m.new_end, _growth(m), 0) for m in first] + [(m.start, m.end, 0, _growth(m)) for m in second]
    )
    found: list[_Moved] = []
    before = after = at = 0
    while at < len(places):
        start, end, grown, grows = places[at]
        at += 1
        while at < len(places) and places[at][0] <= end:
            end = max(end, places[at][1])
            grown, grows = grown + places[at][2], grows + places[at][3]
            at += 1
        found.append(_Moved(start - before, end - before - grown, start + after, end + after + grows))
        before, after = before + grown, after + grows
    return tuple(found)


def _growth(moved: _Moved) -> int:
    return (moved.new_end - moved.new_start) - (moved.end - moved.start)


def _forth(step: tuple[_Moved, ...], offset: int) -> int:
    at = max(bisect_left(step, offset, key=attrgetter("start")) - 1, 0)  # the edits before it only shift
    shift = step[at - 1].new_end - step[at - 1].end if at else 0
    for edit in step[at:]:
        if offset < edit.start:
            break
        if offset < edit.end or edit.start == edit.end == offset:
            return min(edit.new_start + offset - edit.start, max(edit.new_start, edit.new_end - 1))
        shift = edit.new_end - edit.end
    return offset + shift


def _back(step: tuple[_Moved, ...], offset: int) -> int:
    at = max(bisect_left(step, offset, key=attrgetter("new_start")) - 1, 0)
    shift = step[at - 1].end - step[at - 1].new_end if at else 0
    for edit in step[at:]:
        if offset < edit.new_start:
            break
        if offset < edit.new_end:
            return min(edit.start + offset - edit.new_start, max(edit.start, edit.end - 1))
        shift = edit.end - edit.new_end
    return offset + shift

"""The lines that differ between a file and its result, for excerpts and for tools that apply edits by line."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.named_tuple import NamedTuple


class Hunk(NamedTuple):
    """Lines that differ; lines keep their line ends."""

    line: int
    """The 1-based line where `old` begins; an empty `old` inserts before it."""
    old: tuple[str, ...]
    line_after: int
    """The line where `new` begins in the result."""
    new: tuple[str, ...]


def hunks(result: Result) -> list[Hunk]:
    """The differing lines, in the file's order; at least one equal line separates neighbouring hunks."""
    if not result.changed:
        return []
    from difflib import SequenceMatcher

    before, after = lines_of(result.before.text), lines_of(result.after.text)
    found = []
    for first, last, new_first, new_last in _areas(result, before, after):
        old_lines, new_lines = before[first:last], after[new_first:new_last]
        for kind, old, old_end, new, new_end in SequenceMatcher(None, old_lines, new_lines).get_opcodes():
            if kind != "equal":
                removed, added = tuple(old_lines[old:old_end]), tuple(new_lines[new:new_end])
                found.append(Hunk(first + old + 1, removed, new_first + new + 1, added))
    return found


_Area = tuple[int, int, int, int]
"""Line ranges of the text before and after: 0-based, end exclusive."""


def _areas(result: Result, before: list[str], after: list[str]) -> list[_Area]:
    """The rewritten line ranges. Comparing whole files instead could confuse two similar stages."""
    if result.regions is None:
        return [(0, len(before), 0, len(after))]
    starts = [_starts(lines) for lines in (before, after)]
    found: list[_Area] = []
    for old, new in result.regions:
        (first, last), (new_first, new_last) = (
            (bisect_right(at, span.start) - 1, bisect_right(at, span.end))
            for at, span in zip(starts, (old, new), strict=True)
        )
        last, new_last = min(last, len(before)), min(new_last, len(after))
        if found and first <= found[-1][1]:
            first, _, new_first, _ = found.pop()
        found.append((first, last, new_first, new_last))
    return found


def _starts(lines: list[str]) -> list[int]:
    """The offset of each line; after a final line end there is one more, empty line."""
    starts = [0, *accumulate(map(len, lines))]
    return starts[:-1] if lines and not lines[-1].endswith("\n") else starts


def lines_of(text: str) -> list[str]:
    r"""Split a text after each `\n`; the last line may have none."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines

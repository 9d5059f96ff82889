"""The lines in which a file differs from its result, for excerpts and for tools that apply edits by line."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import NamedTuple

from dfix.rewriter.pipeline.result import Result


class Hunk(NamedTuple):
    """`new` takes the place of `old`, which begins at the 1-based `line`; an empty `old` inserts before that line.

    `line_after` is where `new` begins in the result. Lines keep their line ends.
    """

    line: int
    old: tuple[str, ...]
    line_after: int
    new: tuple[str, ...]


def hunks(result: Result) -> list[Hunk]:
    """What differs, in the file's order; neighbouring hunks have at least one equal line between them."""
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
"""Lines of the one text and of the other, from 0: begin and end, which is not part of it."""


def _areas(result: Result, before: list[str], after: list[str]) -> list[_Area]:
    """The lines that were rewritten. A comparison of whole files would take one of two like stages for the other."""
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
    """Where each line begins; after a last line end begins an empty one."""
    starts = [0, *accumulate(map(len, lines))]
    return starts[:-1] if lines and not lines[-1].endswith("\n") else starts


def lines_of(text: str) -> list[str]:
    r"""The lines of a text with their `\n`; the last may have none."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines

"""The lines in which a file differs from its result, for excerpts and for tools that apply edits by line."""

from __future__ import annotations

from typing import NamedTuple

from rewriter.result import Result


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
    for kind, old, old_end, new, new_end in SequenceMatcher(None, before, after).get_opcodes():
        if kind != "equal":
            found.append(Hunk(old + 1, tuple(before[old:old_end]), new + 1, tuple(after[new:new_end])))
    return found


def lines_of(text: str) -> list[str]:
    r"""The lines of a text with their `\n`; the last may have none."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines

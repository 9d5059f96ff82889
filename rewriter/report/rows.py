"""Lines that go and lines that come, in colour, with the words that differ in reverse."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dfix.rewriter.report.output import Output

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_WORD = re.compile(r"\s+|\w+|[^\w\s]")


class Row(NamedTuple):
    """`mark` is the first character of a diff's line, `text` the rest of it; `label` stands before both."""

    label: str
    mark: str
    text: str


class Part(NamedTuple):
    """What differs within a line's text; nothing where both are equal."""

    start: int
    end: int


_NOTHING = Part(0, 0)


def write_rows(out: Output, rows: Sequence[Row]) -> None:
    """Write each row as a line; its text must be fit for a terminal."""
    if not out.colour:
        out.write("".join(f"{label}{mark}{text}".rstrip() + "\n" for label, mark, text in rows))
        return
    for row, part in zip(rows, changed_parts(rows), strict=True):
        style = _STYLES.get(row.mark, "")
        out.write(row.label, "blue")
        if part.start == part.end:
            out.write(f"{row.mark}{row.text}".rstrip() + "\n", style)
        else:
            out.write(row.mark + row.text[: part.start], style)
            out.write(row.text[part.start : part.end], f"{style} reverse")
            out.write(row.text[part.end :] + "\n", style)


def changed_parts(rows: Sequence[Row]) -> list[Part]:
    """For each row, what differs from the line that it replaces or that replaces it.

    Lines are pairs where as many `-` rows as `+` rows stand together, the first with the first. A pair with less in
    common than it has apart is two different lines, of which nothing is shown.
    """
    parts = [_NOTHING] * len(rows)
    at = 0
    while at < len(rows):
        middle = _end(rows, at, "-")
        end = _end(rows, middle, "+")
        if middle - at == end - middle:
            for old, new in zip(range(at, middle), range(middle, end), strict=True):
                parts[old], parts[new] = _differing(rows[old].text, rows[new].text)
        at = max(end, at + 1)
    return parts


def _end(rows: Sequence[Row], at: int, mark: str) -> int:
    while at < len(rows) and rows[at].mark == mark:
        at += 1
    return at


def _differing(old: str, new: str) -> tuple[Part, Part]:
    """What is left of both lines without the words at the start and at the end that they share."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    shortest = min(len(before), len(after))
    first = 0
    while first < shortest and before[first] == after[first]:
        first += 1
    last = 0
    while last < shortest - first and before[-1 - last] == after[-1 - last]:
        last += 1
    start = len("".join(before[:first]))
    rest = len("".join(before[len(before) - last :]))
    if (start + rest) * 2 < min(len(old), len(new)):
        return _NOTHING, _NOTHING
    return Part(start, len(old) - rest), Part(start, len(new) - rest)

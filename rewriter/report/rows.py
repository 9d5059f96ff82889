"""Removed and added lines in colour, with differing words in reverse video."""

from __future__ import annotations

from collections.abc import Sequence

from dfix.rewriter.report.folding import Painted
from dfix.rewriter.report.output import Output
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_WORD = expression(r"\s+|\w+|[^\w\s]")


class Row(NamedTuple):
    """One line: `label` is printed first, then `mark` (as in a diff: +, - or a space), then `text`."""

    label: str
    mark: str
    text: str


class Part(NamedTuple):
    """The range of a line's text that differs; an empty one for nothing."""

    start: int
    end: int


_NOTHING = Part(0, 0)


def write_rows(out: Output, rows: Sequence[Row]) -> None:
    """Write each row as a line; the text must be safe for a terminal (`visible`)."""
    parts = changed_parts(rows) if out.colour else [_NOTHING] * len(rows)
    for row, part in zip(rows, parts, strict=True):
        style = _STYLES.get(row.mark, "")
        if row.label:
            indent = (Painted(f"{' ' * (len(row.label) - 2)}| ", "blue"), Painted("   "))
            out.write_folded([Painted(row.label, "blue"), *_painted(row, part, style)], indent)
        else:  # a diff, of which each line stays one
            out.write_line(_painted(row, part, style))


def _painted(row: Row, part: Part, style: str) -> list[Painted]:
    if part.start == part.end:
        return [Painted(f"{row.mark}{row.text}".rstrip(), style)]
    return [
        Painted(row.mark + row.text[: part.start], style),
        Painted(row.text[part.start : part.end], f"{style} reverse"),
        Painted(row.text[part.end :], style),
    ]


def changed_parts(rows: Sequence[Row]) -> list[Part]:
    """For each row, the part that differs from the line that it replaces or is replaced by.

    Equally long neighbouring runs of `-` and `+` rows are paired in order. If a pair of lines differs in more than
    half of its text, they count as unrelated and nothing is marked.
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
    """What remains of both lines without the words that they share at the start and the end."""
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

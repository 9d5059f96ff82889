"""Removed and added lines in colour, with differing words in reverse video."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.report.folding import Painted
from dfix.rewriter.report.output import Output
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_STYLES = {"+": "green", "-": "red", "@": "cyan"}
_WORD = expression(r"\s+|[\w./:@$~+*=-]+|[^\s]")
"""A blank, a word as a shell would take it (`--no-cache-dir`, `python:3.12`), or one other character."""
_MOST_COMPARED = 10_000
"""Above this product of two numbers of words, only what both lines share at their ends is looked for."""
_MOST_PAIRED = 12
"""Of so many lines in a row, each finds the one that it became; of more, only equally many are paired."""


class Row(NamedTuple):
    """One line: `label` is printed first, then `mark` (as in a diff: +, - or a space), then `text`."""

    label: str
    mark: str
    text: str


class Part(NamedTuple):
    """A range of a line's text that differs; an empty one where only the other line has something."""

    start: int
    end: int


def write_rows(out: Output, rows: Sequence[Row]) -> None:
    """Write each row as a line; the text must be safe for a terminal (`visible`)."""
    parts = changed_parts(rows) if out.colour else [()] * len(rows)
    for row, part in zip(rows, parts, strict=True):
        style = _STYLES.get(row.mark, "")
        if row.label:
            indent = (Painted(f"{' ' * (len(row.label) - 2)}| ", "blue"), Painted("   "))
            out.write_folded([Painted(row.label, "blue"), *_painted(row, part, style)], indent)
        else:  # a diff, of which each line stays one
            out.write_line(_painted(row, part, style))


def _painted(row: Row, parts: Sequence[Part], style: str) -> list[Painted]:
    if all(start == end for start, end in parts):
        return [Painted(f"{row.mark}{row.text}".rstrip(), style)]
    text = row.mark + row.text
    painted: list[Painted] = []
    at = 0
    for start, end in parts:
        painted += [Painted(text[at : start + 1], style), Painted(text[start + 1 : end + 1], f"{style} reverse")]
        at = end + 1
    return [*painted, Painted(text[at:], style)]


def changed_parts(rows: Sequence[Row]) -> list[tuple[Part, ...]]:
    """For each row, the words that differ from the line that it replaces or is replaced by.

    A run of `-` rows and the `+` rows that follow it are paired in order: equally many with each other, others where a
    line is much like the other one. Lines that share less than half of their text are unrelated: nothing is marked.
    """
    parts: list[tuple[Part, ...]] = [()] * len(rows)
    at = 0
    while at < len(rows):
        middle = _end(rows, at, "-")
        end = _end(rows, middle, "+")
        for old, new in _pairs(rows, range(at, middle), range(middle, end)):
            parts[old], parts[new] = _differing(rows[old].text, rows[new].text)
        at = max(end, at + 1)
    return parts


def _pairs(rows: Sequence[Row], old: range, new: range) -> Iterator[tuple[int, int]]:
    if len(old) == len(new):
        yield from zip(old, new, strict=True)
    elif len(old) + len(new) <= _MOST_PAIRED:
        begin = new.start
        for line in old:
            for other in range(begin, new.stop):
                if any(_differing(rows[line].text, rows[other].text)):
                    yield line, other
                    begin = other + 1
                    break


def _end(rows: Sequence[Row], at: int, mark: str) -> int:
    while at < len(rows) and rows[at].mark == mark:
        at += 1
    return at


def _differing(old: str, new: str) -> tuple[tuple[Part, ...], tuple[Part, ...]]:
    """The words of two lines that the other one lacks; nothing where the lines share less than half of their text."""
    before, after = _WORD.findall(old), _WORD.findall(new)
    first, last = _shared_ends(before, after)
    removed: list[Part] = []
    added: list[Part] = []
    shared = len("".join(before[:first])) + len("".join(before[len(before) - last :]))
    at = new_at = len("".join(before[:first]))
    for kind, gone, come in _blocks(before[first : len(before) - last], after[first : len(after) - last]):
        if kind == "equal":
            shared += len(gone)
        else:
            _add(removed, old, at, gone)
            _add(added, new, new_at, come)
        at, new_at = at + len(gone), new_at + len(come)
    if shared * 2 < min(len(old), len(new)):
        return (), ()
    return tuple(removed), tuple(added)


def _shared_ends(before: Sequence[str], after: Sequence[str]) -> tuple[int, int]:
    """How many words both lines share at the start, and how many more at the end."""
    shortest = min(len(before), len(after))
    first = 0
    while first < shortest and before[first] == after[first]:
        first += 1
    last = 0
    while last < shortest - first and before[-1 - last] == after[-1 - last]:
        last += 1
    return first, last


def _blocks(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """What becomes of words, block by block: the kind of difference and both texts. Many words are one block."""
    if len(before) * len(after) > _MOST_COMPARED:
        yield "replace", "".join(before), "".join(after)
        return
    from difflib import SequenceMatcher

    for kind, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        yield kind, "".join(before[start:end]), "".join(after[new_start:new_end])


def _add(parts: list[Part], line: str, at: int, text: str) -> None:
    """Add a part; it joins the one before it where only blanks are between them."""
    if text and parts and parts[-1].start < parts[-1].end and not line[parts[-1].end : at].strip():
        parts[-1] = Part(parts[-1].start, at + len(text))
    else:
        parts.append(Part(at, at + len(text)))

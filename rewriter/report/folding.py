"""Lines that are longer than the terminal is wide, broken between words."""

from __future__ import annotations

from collections.abc import Sequence

from dfix.rewriter.text.named_tuple import NamedTuple


class Painted(NamedTuple):
    """A piece of a line, and the rich style in which it is written ("" for none)."""

    text: str
    style: str = ""


def folded(parts: Sequence[Painted], columns: int, indent: Sequence[Painted]) -> list[list[Painted]]:
    """The lines that `parts` make on a terminal with so many columns; 0 columns: one line.

    A line is broken at a space, which is left out, and goes on after `indent`. A word that is longer than a line is
    kept whole: somebody may copy it.
    """
    text = "".join(part.text for part in parts)
    lines: list[list[Painted]] = []
    begin = 0
    for end in _ends(text, columns, sum(len(part.text) for part in indent)):
        lines.append([*(indent if lines else ()), *_between(parts, begin, end)])
        begin = end + 1
    return lines


def _ends(text: str, columns: int, indent: int) -> list[int]:
    """The offsets of the spaces at which lines end, and the end of the text."""
    ends: list[int] = []
    begin, space = 0, -1
    for at, char in enumerate(text):
        room = columns - (indent if ends else 0)
        if char == " ":
            space = at if text[begin:at].strip() else space
        elif columns and at - begin >= room and space > begin:
            ends.append(space)
            begin = space + 1
    return [*ends, len(text)]


def _between(parts: Sequence[Painted], begin: int, end: int) -> list[Painted]:
    found = []
    at = 0
    for part in parts:
        inside = part.text[max(begin - at, 0) : max(end - at, 0)]
        if inside:
            found.append(Painted(inside, part.style))
        at += len(part.text)
    return found

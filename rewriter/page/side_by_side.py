"""A Dockerfile before and after, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from xml.etree.ElementTree import Element

from dfix.rewriter.page.markup import Child, element, elements
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.change_groups import change_groups
from dfix.rewriter.report.hunks import Hunk, lines_of
from dfix.rewriter.report.rows import Part, Row, changed_parts
from dfix.rewriter.text.named_tuple import NamedTuple

_AROUND = 3
"""Equal lines that are shown before and after those that differ."""


class _Line(NamedTuple):
    number: int
    text: str
    parts: tuple[Part, ...] = ()
    """Where its text differs from the line on the other side."""


def side_by_side(result: Result, prefix: str) -> Element | None:
    """The differing lines with those around them; `prefix` begins the anchors of the lines. None where none differ."""
    places = [place for group in change_groups(result) for place in group.hunks]
    if not places:
        return None
    head = element("tr", *(element("th", name, scope="col", colspan="2") for name in ("Before", "After")))
    body = elements("tbody", _rows(result, places, prefix))
    columns = element("colgroup", *(element("col", class_=name) for name in ("numbers", "texts") * 2))
    return element("table", columns, element("thead", head), body, class_="diff")


def _rows(result: Result, places: list[Hunk], prefix: str) -> Iterator[Child]:
    before = lines_of(result.before.text)
    near = {at for place in places for at in range(place.line - 1 - _AROUND, place.line - 1 + len(place.old) + _AROUND)}
    near |= {change.line - 1 for change in result.changes}  # the links of the changes lead there
    next_line = shift = 0
    for place in (*places, None):
        end = len(before) if place is None else place.line - 1
        hidden = False
        for at in range(next_line, end):
            if at in near:
                yield _equal(at + 1, shift, before[at], prefix)
            elif not hidden:
                yield element("tr", element("td", "⋯", colspan="4", class_="gap"))
            hidden = at not in near
        if place is not None:
            yield from _changed(place, prefix)
            next_line = end + len(place.old)
            shift = place.line_after + len(place.new) - next_line - 1


def _equal(line: int, shift: int, text: str, prefix: str) -> Element:
    """A line that stays; `shift` is added to its number after."""
    text = text.rstrip("\r\n")
    old, new = _cells(_Line(line, text), "same", prefix), _cells(_Line(line + shift, text), "same", "")
    return element("tr", *old, *new)


def _changed(place: Hunk, prefix: str) -> Iterator[Child]:
    rows = [Row("", "-", line.rstrip("\r\n")) for line in place.old]
    rows += [Row("", "+", line.rstrip("\r\n")) for line in place.new]
    lines = [_Line(0, row.text, parts) for row, parts in zip(rows, changed_parts(rows), strict=True)]
    old = [line._replace(number=place.line + at) for at, line in enumerate(lines[: len(place.old)])]
    new = [line._replace(number=place.line_after + at) for at, line in enumerate(lines[len(place.old) :])]
    for left, right in zip_longest(old, new):
        yield element("tr", *_cells(left, "removed", prefix), *_cells(right, "added", ""))


def _cells(line: _Line | None, kind: str, prefix: str) -> tuple[Element, Element]:
    if line is None:
        return element("td", class_="number"), element("td", class_="none")
    number = element("td", str(line.number), class_="number")
    if prefix:
        number.set("id", f"{prefix}-{line.number}")
    mark = {"removed": "-", "added": "+"}.get(kind, " ")
    text = elements("code", _marked(line))
    return number, element("td", element("span", mark, class_="sign"), text, class_=kind)


def _marked(line: _Line) -> Iterator[Child]:
    at = 0
    for start, end in line.parts:
        yield line.text[at:start]
        yield element("mark", line.text[start:end]) if end > start else None
        at = end
    yield line.text[at:]

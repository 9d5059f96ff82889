r"""Bytes and text of one Dockerfile: decoding, spans, edits and applying edits.

A Dockerfile is decoded as UTF-8 with `surrogateescape`, so that any bytes survive the round trip. A byte order
mark is kept separately from the text. Line endings stay in the text as they are; edits are written with `\n` and get
the file's own line ending when they are applied.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from dfix.rewriter.text.named_tuple import NamedTuple

BOM = b"\xef\xbb\xbf"


class Span(NamedTuple):
    """Half-open range of character offsets in `Source.text`."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """Whether this span contains all of `other`."""
        return self.start <= other.start and other.end <= self.end


class Edit(NamedTuple):
    """Replace the text of `span` with `text`. An empty span inserts."""

    span: Span
    text: str


class Region(NamedTuple):
    """A rewritten place: its span in the original and in the result."""

    before: Span
    after: Span


class OverlappingEditsError(ValueError):
    """Two edits touch the same characters, so no order of applying them is right."""


class Source:
    """The text of one Dockerfile, with what is needed to write it back byte for byte."""

    __slots__ = ("_line_starts", "bom", "newline", "path", "text")

    def __init__(self, path: str, text: str, *, bom: bool = False) -> None:
        self.path = path
        self.text = text
        self.bom = bom
        self.newline = "\r\n" if text.count("\r\n") * 2 > text.count("\n") else "\n"
        self._line_starts: list[int] | None = None

    @classmethod
    def from_bytes(cls, path: str, data: bytes) -> Source:
        """Decode `data`; any bytes are accepted and come back unchanged from `to_bytes`."""
        bom = data.startswith(BOM)
        if bom:
            data = data[len(BOM) :]
        return cls(path, data.decode("utf-8", "surrogateescape"), bom=bom)

    def to_bytes(self) -> bytes:
        """The file's bytes, BOM included."""
        data = self.text.encode("utf-8", "surrogateescape")
        return BOM + data if self.bom else data

    def with_text(self, text: str) -> Source:
        """The same file with a different text; BOM and line ending are kept."""
        other = Source(self.path, text, bom=self.bom)
        other.newline = self.newline
        return other

    def line_of(self, offset: int) -> int:
        """The 1-based line of the character at `offset`."""
        if self._line_starts is None:
            starts = [0]
            find = self.text.find
            at = find("\n")
            while at >= 0:
                starts.append(at + 1)
                at = find("\n", at + 1)
            self._line_starts = starts
        return bisect_right(self._line_starts, offset)

    def written(self, text: str) -> str:
        """The text of an edit with this file's line ending."""
        return text if self.newline == "\n" else text.replace("\n", self.newline)

    def apply(self, edits: Iterable[Edit]) -> Source:
        """A new source with all `edits` applied.

        Raises OverlappingEditsError when two of them touch the same characters.
        """
        parts: list[str] = []
        at = 0
        for span, text in sorted(edits):
            if span.start < at:
                raise OverlappingEditsError(f"edits overlap at offset {span.start}")
            parts.append(self.text[at : span.start])
            parts.append(self.written(text))
            at = span.end
        parts.append(self.text[at:])
        return self.with_text("".join(parts))


def overlap(taken: Sequence[Edit], edits: Iterable[Edit]) -> bool:
    """Whether an edit overlaps one of `taken`, begins or ends where it does. Those are in order and do not overlap."""
    for edit in edits:
        at = bisect_left(taken, edit.span.start, key=_start)
        for other in taken[max(at - 1, 0) : at + 2]:
            if edit.span.start < other.span.end and other.span.start < edit.span.end:
                return True
            if edit.span.start == other.span.start or edit.span.end == other.span.end:
                return True
    return False


def _start(edit: Edit) -> int:
    return edit.span.start

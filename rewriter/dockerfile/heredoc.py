"""Which heredocs an instruction's line opens (BuildKit's heredocsFromLine and ParseHeredoc)."""

from __future__ import annotations

import re
from typing import NamedTuple

from dfix.rewriter.dockerfile.expand import ExpansionError, _Expansion, _Unknown

_HEREDOC = re.compile(r"[0-9]*<<(-?)([^<]+)")


class HeredocMark(NamedTuple):
    """`<<-"EOF"` on an instruction's line. Quotes in the name keep the body from being expanded."""

    name: str
    expands: bool
    strips_tabs: bool


def heredoc_marks(line: str) -> list[HeredocMark]:
    """Every heredoc that a logical line opens, in order.

    None when BuildKit's word expansion cannot read the line (an open quote, `${#x}`): it then sees no heredoc in it,
    whatever a shell would see.
    """
    try:
        words = _AsWritten(line, _Unknown(), "\\").words()
    except ExpansionError:
        return []
    marks = []
    for word in words:
        match = _HEREDOC.fullmatch(word) if "<<" in word else None
        if match is None:
            continue
        names = _WithoutQuotes(match[2], _Unknown(), "\\").words()
        if len(names) == 1:
            marks.append(HeredocMark(names[0], _quotes(names[0]) == _quotes(match[2]), bool(match[1])))
    return marks


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')


class _WithoutQuotes(_Expansion):
    """Takes quotes and escapes out; variables stay as they are written."""

    __slots__ = ()

    def _dollar(self) -> str:
        begin = self.at
        super()._dollar()
        return self.word[begin : self.at]


class _AsWritten(_WithoutQuotes):
    """Only parts words: quotes and escapes stay as well."""

    __slots__ = ()

    def _until(self, stop: str, *, raw: bool) -> list[tuple[str | None, bool]]:
        return super()._until(stop, raw=True)

    def _single_quoted(self) -> str:
        begin = self.at
        super()._single_quoted()
        return self.word[begin : self.at]

    def _double_quoted(self, raw: bool) -> str:
        begin = self.at
        super()._double_quoted(raw)
        return self.word[begin : self.at]

r"""Converting between the lines and columns of editors and offsets in a text.

In the protocol, lines end in `\n`, `\r\n` or `\r`, and columns count units of the negotiated encoding.
pygls splits at every line end that Python knows (also form feed, U+2028), which would shift all later lines.
"""

from __future__ import annotations

from bisect import bisect_right

from dfix.rewriter.text.expression import expression

UTF16, UTF32 = "utf-16", "utf-32"
_LINE_END = expression(r"\r\n|\n|\r")


class Positions:
    """The positions in one text, with columns in units of `encoding`."""

    __slots__ = ("_encoding", "_starts", "_text")

    def __init__(self, text: str, encoding: str) -> None:
        self._text = text
        self._encoding = encoding
        self._starts = [0, *(match.end() for match in _LINE_END.finditer(text))]

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; beyond its line's end it is that end, within a character the character's start."""
        if line >= len(self._starts):
            return len(self._text)
        start = self._starts[line]
        content = self._line(line)
        if self._is_plain(content):
            return start + min(column, len(content))
        units = 0
        for index, char in enumerate(content):
            units += self._width(char)
            if units > column:
                return start + index
        return start + len(content)

    def place(self, offset: int) -> tuple[int, int]:
        """The 0-based line and column of an offset."""
        line = bisect_right(self._starts, offset) - 1
        before = self._text[self._starts[line] : offset]
        if self._is_plain(before):
            return line, len(before)
        return line, sum(map(self._width, before))

    def _line(self, line: int) -> str:
        end = self._starts[line + 1] if line + 1 < len(self._starts) else len(self._text)
        return self._text[self._starts[line] : end].rstrip("\r\n")

    def _is_plain(self, text: str) -> bool:
        return text.isascii() or self._encoding == UTF32

    def _width(self, char: str) -> int:
        code = ord(char)
        if self._encoding == UTF16:
            return 1 + (code > 0xFFFF)
        return 1 + (code > 0x7F) + (code > 0x7FF) + (code > 0xFFFF)

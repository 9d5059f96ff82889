"""How BuildKit splits an instruction into flags and words (frontend/dockerfile/parser).

Each function takes a logical line (continuations joined) and returns offsets into it, which the caller maps back to
the file.
"""

from __future__ import annotations

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""What Go's unicode.IsSpace accepts; Python's str.isspace also takes \\x1c to \\x1f."""

BLANKS = expression(r"[\t\v\f\r ]+")
"""What separates plain words (BuildKit's reWhitespace)."""

_FLAG_SPACE = "\t\n\v\f\r "
_PLAIN = expression(f"[^{SPACE}]+")


_LONGEST_SHOWN = 60


class Piece(NamedTuple):
    """A word of a logical line: its range and its text."""

    start: int
    end: int
    text: str


def split_blanks(text: str, start: int) -> list[Piece]:
    """Words separated by blanks, without quoting."""
    words = []
    at = start
    for gap in BLANKS.finditer(text, start):
        begin, end = gap.span()
        words.append(Piece(at, begin, text[at:begin]))
        at = end
    words.append(Piece(at, len(text), text[at:]))
    return words


def split_flags(text: str, start: int) -> tuple[list[Piece], int]:
    """Leading `--flag` words of an instruction and the offset at which the rest begins.

    A flag's text is without quotes and backslashes, as in BuildKit (extractBuilderFlags).
    """
    flags: list[Piece] = []
    at, end = start, len(text)
    while True:
        while at < end and text[at] in _FLAG_SPACE:
            at += 1
        if not text.startswith("--", at):
            return flags, at
        begin = at
        word, at, quoted = _flag_word(text, at)
        if word == "--":
            return flags, at
        if word or quoted:
            flags.append(Piece(begin, at, word))


def _flag_word(text: str, at: int) -> tuple[str, int, bool]:
    word: list[str] = []
    quote = ""
    quoted = False
    end = len(text)
    while at < end:
        char = text[at]
        if not quote and char in _FLAG_SPACE:
            break
        if char == "\\":
            at += 1
            if at < end:
                word.append(text[at])
        elif quote:
            if char == quote:
                quote = ""
            else:
                word.append(char)
        elif char in "'\"":
            quote, quoted = char, True
        else:
            word.append(char)
        at += 1
    return "".join(word), min(at, end), quoted


def split_words(text: str, start: int, escape: str) -> list[Piece]:
    """Words with quoting, which keep their quotes (BuildKit's parseWords, for ENV, LABEL and ARG)."""
    if escape not in text and '"' not in text and "'" not in text:
        return [Piece(match.start(), match.end(), match[0]) for match in _PLAIN.finditer(text, start)]
    words: list[Piece] = []
    at, end = start, len(text)
    while at < end:
        if text[at] in SPACE:
            at += 1
            continue
        begin = at
        quote = ""
        dropped = -1
        while at < end and (quote or text[at] not in SPACE):
            char = text[at]
            if char == escape and quote != "'":
                if at + 1 == end:
                    dropped = at
                at += 1
            elif quote:
                if char == quote:
                    quote = ""
            elif char in "'\"":
                quote = char
            at += 1
        at = min(at, end)
        word = text[begin : dropped if dropped >= 0 else at]
        if word:
            words.append(Piece(begin, at, word))
    return words


def short_word(word: str) -> str:
    """A word for a message, which may be of any length in a file."""
    return word if len(word) <= _LONGEST_SHOWN else word[: _LONGEST_SHOWN - 1] + "…"

"""BuildKit's ways of cutting an instruction into flags and words (frontend/dockerfile/parser).

Each function takes a logical line (continuations joined) and answers with offsets into it, so that the caller
can map them back to the file.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
"""What Go's unicode.IsSpace accepts; Python's str.isspace also takes \\x1c to \\x1f."""

_BLANKS = re.compile(r"[\t\v\f\r ]+")
_HEREDOC = re.compile(r"(\d*)<<(-?)([^<]+)", re.DOTALL)


class Piece(NamedTuple):
    """A word of a logical line: where it stands and its text."""

    start: int
    end: int
    text: str


def split_blanks(text: str, start: int, limit: int = 0) -> list[Piece]:
    """Words parted by blanks, no quoting (BuildKit's reWhitespace); with `limit` the last word is the rest."""
    found = []
    at = start
    while limit == 0 or len(found) < limit - 1:
        gap = _BLANKS.search(text, at)
        if gap is None:
            break
        found.append(Piece(at, gap.start(), text[at : gap.start()]))
        at = gap.end()
    found.append(Piece(at, len(text), text[at:]))
    return found


def split_flags(text: str, start: int) -> tuple[list[Piece], int]:
    """Leading `--flag` words of an instruction and the offset at which the rest begins.

    The flag's text has its quotes and backslashes taken out, as BuildKit does (extractBuilderFlags).
    """
    flags: list[Piece] = []
    at, end = start, len(text)
    while True:
        while at < end and text[at] in SPACE:
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
        if not quote and char in SPACE:
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
    """Words with quoting, quotes kept in their text (BuildKit's parseWords, for ENV, LABEL and ARG)."""
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


class HeredocMark(NamedTuple):
    """`<<-"EOF"` on an instruction's line: BuildKit's ParseHeredoc."""

    name: str
    expands: bool
    strips_tabs: bool


def heredoc_marks(line: str) -> list[HeredocMark]:
    """Every heredoc that a logical line opens, in order; none when its quotes do not match."""
    marks = []
    for word in _shell_words(line):
        if "<<" not in word:
            continue
        match = _HEREDOC.fullmatch(word)
        if match is None:
            continue
        raw = match[3]
        name = _unquoted(raw)
        if name is not None:
            marks.append(HeredocMark(name, name == raw, bool(match[2])))
    return marks


def _shell_words(line: str) -> list[str]:
    """Blank-separated words with their quotes kept; empty when a quote is never closed (shell.Lex, raw quotes)."""
    words = []
    at, end = 0, len(line)
    while at < end:
        if line[at] in SPACE:
            at += 1
            continue
        begin = at
        while at < end and line[at] not in SPACE:
            char = line[at]
            if char == "\\":
                at += 1
            elif char in "'\"":
                at = _closing(line, at)
                if at < 0:
                    return []
            at += 1
        words.append(line[begin:at])
    return words


def _closing(line: str, at: int) -> int:
    quote = line[at]
    at += 1
    while at < len(line):
        if line[at] == quote:
            return at
        at += 2 if line[at] == "\\" and quote == '"' else 1
    return -1


def _unquoted(raw: str) -> str | None:
    """The heredoc's name with its quotes removed; None when it is not one word."""
    if not any(char in "'\"\\" for char in raw):
        return raw
    out = []
    at = 0
    while at < len(raw):
        char = raw[at]
        if char in "'\"":
            close = _closing(raw, at)
            if close < 0:
                return None
            out.append(raw[at + 1 : close])
            at = close + 1
        elif char == "\\":
            out.append(raw[at + 1 : at + 2])
            at += 2
        else:
            out.append(char)
            at += 1
    return "".join(out)

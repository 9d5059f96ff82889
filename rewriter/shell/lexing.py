"""Shell words, each with its span and, where it is certain, its value.

The rules are those of POSIX (Shell Command Language, 2.2 and 2.6). Where bash, dash and BusyBox ash would end a
word at different places the script is unreadable; where they only expand it differently its value is None.
"""

from __future__ import annotations

import re

from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.quoting import OPENING, QuoteReader, UnreadableError

PLAIN_WORD = re.compile(r"[ \t]*([^ \t\n\\'\"$`;&|<>()#~*?\[{]++)(?=[ \t\n;&|)]|\Z)")
"""Blanks and a word that is its own value."""

_BLANKS = re.compile(r"(?:[ \t]|\\\n)*")
_BLANK_OR_COMMENT = " \t\\#"
_CHUNK = re.compile(r"[^ \t\n\\'\"$`;&|<>()]+")
_HOME = re.compile(r"(?:\A|[=:])~")
_ARRAY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_DESCRIPTOR_NAME = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}")


class Lexer(QuoteReader):
    """Reads words, and goes past what parts them."""

    __slots__ = ()

    def skip_blanks(self) -> None:
        """Go past blanks and a comment to the next token or line end."""
        if self.at >= self.end or self.mask[self.at] not in _BLANK_OR_COMMENT:
            return
        match = _BLANKS.match(self.mask, self.at)
        if match is not None:
            self.at = match.end()
        if self.at < self.end and self.mask[self.at] == "#":
            start = self.at
            stop = -1 if self.joined else self.mask.find("\n", start)
            self.at = self.end if stop < 0 else stop
            self.comments.append(self.span(start, start + len(self.mask[start : self.at].rstrip(" \t"))))

    def line_end(self) -> None:
        """Go past the newline at `at`."""
        self.at += 1

    def skip_lines(self) -> None:
        """Go past blanks, comments and newlines."""
        self.skip_blanks()
        while self.at < self.end and self.mask[self.at] == "\n":
            self.line_end()
            self.skip_blanks()

    def word(self, *, arrays: bool = False) -> Word | None:
        """The word at `at`, or None where none starts. `arrays` allows `name=(…)`."""
        start = self.at
        match = PLAIN_WORD.match(self.mask, start)
        if match is not None and match.start(1) == start:
            self.at = match.end()
            text = match[1]
            return Word(self.span(start, self.at), text, text)
        text, value = self._quoted_word(arrays)
        if self.at == start:
            return None
        return self.as_word(start, text, value)

    def as_word(self, start: int, text: str, value: str | None) -> Word:
        """The word from `start` to `at`, its text without the Dockerfile's continuations."""
        span = self.span(start, self.at)
        written = self.text[span.start : span.end]
        if self.joined and "\n" in written:
            text = without_continuations(written, self.mask[start : self.at])
            if value is not None:
                again = type(self)(text, 0, text, joined=False)
                value = again._quoted_word(arrays=False)[1]
        return Word(span, text, value)

    def _quoted_word(self, arrays: bool) -> tuple[str, str | None]:
        """The text and value of a word with quotes or expansions."""
        start = stop = self.at
        dropped = len(self.dropped)
        value: list[str] = []
        bare: list[str] = []
        certain = True
        while self.at < self.end:
            match = _CHUNK.match(self.mask, self.at)
            if match is not None:
                self.at = stop = match.end()
                value.append(match[0])
                bare.append(match[0])
                continue
            char = self.mask[self.at]
            if char == "\\" and self.mask.startswith("\n", self.at + 1):
                self.dropped.append(self.at)
                self.at += 2
                continue
            if char in OPENING:
                piece = self.quoted()
            elif (char in "<>" and self.mask.startswith("(", self.at + 1)) or (
                char == "(" and arrays and _ARRAY_NAME.fullmatch(self.mask, start, self.at)
            ):
                self._bracketed()
                piece = None
            else:
                if char in "<>" and _DESCRIPTOR_NAME.fullmatch(self.mask, start, self.at):
                    raise UnreadableError(f"it names a descriptor by a variable {self.near()}")
                break
            stop = self.at
            certain = certain and piece is not None
            value.append(piece or "")
            bare.append("\0")
        self.at = stop  # a continuation after the word is no part of it
        text = self._without(self.dropped[dropped:], start, stop)
        if not certain or _may_expand("".join(bare)):
            return text, None
        return text, "".join(value)

    def _without(self, dropped: list[int], start: int, stop: int) -> str:
        """A range of the mask without the continuations at the given places."""
        pieces = []
        for at in dropped:
            if start <= at < stop:
                pieces.append(self.mask[start:at])
                start = at + 2
        pieces.append(self.mask[start:stop])
        return "".join(pieces)

    def _bracketed(self) -> None:
        """`<(script)` or the elements of an array."""
        self.plain = False
        if self.mask[self.at] != "(":
            self.at += 2
            self.substitution()
            return
        self.at += 1
        while True:
            self.skip_lines()
            if self.char() == ")":
                self.at += 1
                return
            if self.char() == "[" or self.word() is None:
                raise UnreadableError(f"an array in it is not understood {self.near()}")


def _may_expand(bare: str) -> bool:
    """Whether the unquoted characters of a word may be a glob, a brace list or a home folder."""
    if "*" in bare or "?" in bare:
        return True
    if "[" in bare and bare.find("[") < bare.rfind("]"):
        return True
    if "{" in bare and bare.find("{") < bare.rfind("}") and ("," in bare or ".." in bare):
        return True
    return "~" in bare and _HOME.search(bare) is not None


def without_continuations(written: str, mask: str) -> str:
    """The characters of a word of a Dockerfile's continued line as the shell sees them.

    A continuation reaches from the escape character, which the mask blanks or leaves before a newline, to the next
    line that is neither empty nor a comment.
    """
    out = []
    at = 0
    while at < len(written):
        if written[at] == mask[at] and not mask.startswith("\\\n", at):
            out.append(written[at])
            at += 1
            continue
        at = written.find("\n", at) + 1 or len(written)
        while at < len(written):
            stop = written.find("\n", at) + 1 or len(written)
            line = written[at:stop].strip()
            if line and line[0] != "#":
                break
            at = stop
    return "".join(out)

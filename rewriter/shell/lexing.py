"""Shell words: quoting, escapes and expansions, each word with its span and, where it is certain, its value.

The rules are those of POSIX (Shell Command Language, 2.2 and 2.6). Where bash, dash and BusyBox ash would end a
word at different places the script is unreadable; where they only expand it differently its value is None.
"""

from __future__ import annotations

import re

from rewriter.shell.nodes import Word
from rewriter.source import Span


class UnreadableError(Exception):
    """The script is not understood. The message is a clause that says why: "a quote in it is not closed near `x`"."""


BLANKS = re.compile(r"(?:[ \t]|\\\n)*")
PLAIN_WORD = re.compile(r"[ \t]*([^ \t\n\\'\"$`;&|<>()#~*?\[{]++)(?=[ \t\n;&|)]|\Z)")
"""Blanks and a word that is its own value."""
_CHUNK = re.compile(r"[^ \t\n\\'\"$`;&|<>()]+")
_QUOTED_CHUNK = re.compile(r"[^\\\"$`]+")
_HOME = re.compile(r"(?:\A|[=:])~")
_ARRAY_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\+?=")
_DESCRIPTOR_NAME = re.compile(r"\{[A-Za-z_][A-Za-z0-9_]*\}")
_BLANK_OR_COMMENT = " \t\\#"
_OPENING = "'\"$`\\"
_POWERSHELL = re.compile(r"[A-Za-z_]+:[A-Za-z_]")
_DEEPEST = 30
_ESCAPED_IN_QUOTES = '$`"\\'


class Lexer:
    """Reads words at `at`, an offset into `mask`; the mask's first character is `text[offset]`.

    `joined` says that every escape + newline was a continuation of the Dockerfile's, which the shell never sees;
    otherwise the shell reads the line ends itself.
    """

    __slots__ = ("at", "comments", "depth", "end", "joined", "mask", "offset", "plain", "text")

    def __init__(self, mask: str, offset: int, text: str, *, joined: bool) -> None:
        self.mask = mask
        self.offset = offset
        self.text = text
        self.joined = joined
        self.at = 0
        self.end = len(mask)
        self.depth = 0
        self.plain = True
        self.comments: list[Span] = []

    def substitution(self) -> None:
        """Go past the script of `$(…)` or `<(…)` and its closing parenthesis."""
        raise NotImplementedError

    def near(self) -> str:
        """What stands at `at`, for a reason."""
        found = self.mask[self.at : self.at + 20].split("\n", 1)[0].strip()
        return f"near `{found}`" if found else "at its end"

    def char(self) -> str:
        """The character at `at`, "" at the end."""
        return self.mask[self.at] if self.at < self.end else ""

    def span(self, start: int, end: int) -> Span:
        """The file's span of a range of the mask."""
        return Span(self.offset + start, self.offset + end)

    def skip_blanks(self) -> None:
        """Go past blanks and a comment to the next token or line end."""
        if self.at >= self.end or self.mask[self.at] not in _BLANK_OR_COMMENT:
            return
        match = BLANKS.match(self.mask, self.at)
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

    def enter(self) -> None:
        """Count a level of nesting; RecursionError is no answer."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadableError("its script is nested too deeply")

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
        start = text_from = self.at
        stop = -1
        text = ""
        value: list[str] = []
        bare: list[str] = []
        certain = True
        while self.at < self.end:
            match = _CHUNK.match(self.mask, self.at)
            if match is not None:
                self.at = match.end()
                stop = -1
                value.append(match[0])
                bare.append(match[0])
                continue
            char = self.mask[self.at]
            if char == "\\" and self.mask.startswith("\n", self.at + 1):
                text += self.mask[text_from : self.at]
                stop = self.at if stop < 0 else stop
                self.at += 2
                text_from = self.at
                continue
            if char in _OPENING:
                piece = self.quoted()
            elif (char in "<>" and self.mask.startswith("(", self.at + 1)) or (
                char == "(" and arrays and _ARRAY_NAME.fullmatch(self.mask, start, self.at)
            ):
                piece = self._bracketed()
            else:
                if char in "<>" and _DESCRIPTOR_NAME.fullmatch(self.mask, start, self.at):
                    raise UnreadableError(f"it names a descriptor by a variable {self.near()}")
                break
            stop = -1
            certain = certain and piece is not None
            value.append(piece or "")
            bare.append("\0")
        text += self.mask[text_from : self.at]
        if stop >= 0:
            self.at = stop  # a continuation after the word is no part of it
        if not certain or _may_expand("".join(bare)):
            return text, None
        return text, "".join(value)

    def quoted(self) -> str | None:
        """Go past one quoted or expanded piece of a word; its value where that is certain."""
        char = self.mask[self.at]
        if char == "\\":
            return self._escaped()
        if char == "'":
            return self._single_quoted()
        if char == '"':
            return self._double_quoted()
        if char == "$":
            self._dollar(in_quotes=False)
        else:
            self._backquoted()
        return None

    def _escaped(self) -> str:
        self.at += 2
        if self.at > self.end:
            raise UnreadableError("it ends in a backslash")
        char = self.mask[self.at - 1]
        return "" if char == "\n" else char

    def _single_quoted(self) -> str:
        close = self.mask.find("'", self.at + 1)
        if close < 0:
            raise UnreadableError(f"a quote in it is not closed {self.near()}")
        start, self.at = self.at + 1, close + 1
        return self.mask[start:close]

    def _double_quoted(self) -> str | None:
        start = self.at
        self.at += 1
        value: list[str] = []
        certain = True
        while self.at < self.end:
            match = _QUOTED_CHUNK.match(self.mask, self.at)
            if match is not None:
                self.at = match.end()
                value.append(match[0])
                continue
            char = self.mask[self.at]
            if char == '"':
                self.at += 1
                return "".join(value) if certain else None
            if char == "\\":
                escaped = self._escaped()
                value.append(escaped if not escaped or escaped in _ESCAPED_IN_QUOTES else "\\" + escaped)
                continue
            certain = False
            if char == "$":
                self._dollar(in_quotes=True)
            else:
                self._backquoted()
        self.at = start
        raise UnreadableError(f"a quote in it is not closed {self.near()}")

    def _dollar(self, *, in_quotes: bool) -> None:
        after = self.mask[self.at + 1 : self.at + 2]
        if after == "(":
            self.plain = False
            if self.mask.startswith("(", self.at + 2):
                self.at += 1
                if not self.arithmetic():
                    raise UnreadableError(f"a `$((` in it can be read in two ways {self.near()}")
            else:
                self.at += 2
                self.substitution()
        elif after == "{":
            self._parameter(in_quotes)
        elif after == "'" and not in_quotes:
            self._ansi_quoted()
        elif after == "[" and not in_quotes:
            raise UnreadableError(f"it uses `$[…]` {self.near()}")
        else:
            self.at += 1

    def _ansi_quoted(self) -> None:
        """`$'…'`: bash and ash know escapes in it, dash reads a dollar and a quoted string."""
        start = self.at
        self.at += 1
        if "\\'" in self.mask[start : self.mask.find("'", start + 2) + 1]:
            self.at = start
            raise UnreadableError(f"a quote in it is escaped within `$'…'` {self.near()}")
        self._single_quoted()

    def _parameter(self, in_quotes: bool) -> None:
        """`${…}`. A single quote within double quotes opens a string or not, depending on shell and operator."""
        start = self.at
        self.at += 2
        if _POWERSHELL.match(self.mask, self.at):
            self.at = start
            raise UnreadableError(f"it has a variable that no shell knows {self.near()}")
        self.enter()
        while self.at < self.end:
            char = self.mask[self.at]
            if char == "}":
                self.at += 1
                self.depth -= 1
                return
            if char == "'" and in_quotes:
                close = self.mask.find("'", self.at + 1)
                if close < 0 or any(mark in self.mask[self.at : close] for mark in '}"$`\\'):
                    raise UnreadableError(
                        f"a single quote within a `${{…}}` of it can be read in two ways {self.near()}"
                    )
                self.at = close + 1
            elif char == "$":
                self._dollar(in_quotes=in_quotes)
            elif char in _OPENING:
                self.quoted()
            else:
                self.at += 1
        self.at = start
        raise UnreadableError(f"a `${{` in it is not closed {self.near()}")

    def _backquoted(self) -> None:
        self.plain = False
        at = self.at + 1
        while at < self.end and self.mask[at] != "`":
            at += 2 if self.mask[at] == "\\" else 1
        if at >= self.end:
            raise UnreadableError(f"a backquote in it is not closed {self.near()}")
        self.at = at + 1

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

    def arithmetic(self) -> bool:
        """Go past `((…))` at `at`; False, with `at` left, where the parentheses do not close together."""
        start = self.at
        self.at += 2
        level = 0
        self.enter()
        while self.at < self.end:
            char = self.mask[self.at]
            if char == ")" and level == 0:
                self.depth -= 1
                if self.mask.startswith("))", self.at):
                    self.at += 2
                    return True
                self.at = start
                return False
            if char == "$":
                self._dollar(in_quotes=True)
            elif char in _OPENING:
                self.quoted()
            else:
                level += (char == "(") - (char == ")")
                self.at += 1
        self.at = start
        raise UnreadableError(f"a `((` in it is not closed {self.near()}")


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

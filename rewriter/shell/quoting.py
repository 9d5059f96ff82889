"""Quotes and expansions within a shell word: where each ends, and what it comes to where that is certain."""

from __future__ import annotations

import re

from dfix.rewriter.text.source import Span


class UnreadableError(Exception):
    """The script is not understood. The message is a clause that says why: "a quote in it is not closed near `x`"."""


_QUOTED_CHUNK = re.compile(r"[^\\\"$`]+")
_POWERSHELL = re.compile(r"[A-Za-z_]+:[A-Za-z_]")
_DEEPEST = 30
_ESCAPED_IN_QUOTES = '$`"\\'
OPENING = "'\"$`\\"
"""What begins a quote or an expansion."""


class QuoteReader:
    """Reads quotes and expansions at `at`, an offset into `mask`; the mask's first character is `text[offset]`.

    `joined` says that every escape + newline was a continuation of the Dockerfile's, which the shell never sees;
    otherwise the shell reads the line ends itself. `plain` turns False at anything that is more than words and lists.
    """

    __slots__ = ("at", "comments", "depth", "dropped", "end", "joined", "mask", "offset", "plain", "text")

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
        self.dropped: list[int] = []  # where the continuations within words stand

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

    def enter(self) -> None:
        """Count a level of nesting; RecursionError is no answer."""
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnreadableError("its script is nested too deeply")

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
        if char != "\n":
            return char
        self.dropped.append(self.at - 2)
        return ""

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
            elif char in OPENING:
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
            elif char in OPENING:
                self.quoted()
            else:
                level += (char == "(") - (char == ")")
                self.at += 1
        self.at = start
        raise UnreadableError(f"a `((` in it is not closed {self.near()}")

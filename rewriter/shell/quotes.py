"""Quotes and expansions within a shell word: where each ends, and what it stands for where that is certain."""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.shell.cursor import Cursor, UnreadableError
from dfix.rewriter.text.expression import expression

OPENING = "'\"$`\\"
"""The characters that begin a quote, an escape or an expansion."""

_QUOTED_CHUNK = expression(r"[^\\\"$`]+")
_POWERSHELL = expression(r"[A-Za-z_]+:[A-Za-z_]")
_ESCAPED_IN_QUOTES = '$`"\\'
_AMBIGUOUS_IN_BRACES = '}"$`\\'


class Quotes:
    """Reads one quoted or expanded piece of a word at the cursor.

    `substitution` moves the cursor past the script of a `$(…)` and its closing parenthesis. `continuations` lists the
    offsets of every escape + newline that was read within a word.
    """

    __slots__ = ("_cursor", "_substitution", "continuations")

    def __init__(self, cursor: Cursor, substitution: Callable[[], None]) -> None:
        self._cursor = cursor
        self._substitution = substitution
        self.continuations: list[int] = []

    def quoted(self) -> str | None:
        """Read the piece that begins with one of OPENING; its value, None where that is not certain."""
        cursor = self._cursor
        char = cursor.mask[cursor.at]
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

    def arithmetic(self) -> bool:
        """Read `((…))`. False, with the cursor where it was, when the two closing parentheses are apart.

        `((a) || (b))` is a subshell within a subshell: its first `)` at level 0 has no `)` next to it.
        """
        cursor = self._cursor
        start = cursor.at
        cursor.at += 2
        level = 0
        cursor.enter()
        while cursor.at < cursor.end:
            char = cursor.mask[cursor.at]
            if char == ")" and level == 0:
                cursor.leave()
                if cursor.precedes("))"):
                    cursor.at += 2
                    return True
                cursor.at = start
                return False
            if char == "$":
                self._dollar(in_quotes=True)
            elif char in OPENING:
                self.quoted()
            else:
                level += (char == "(") - (char == ")")
                cursor.at += 1
        cursor.at = start
        raise UnreadableError(f"a `((` in it is not closed {cursor.near()}")

    def _escaped(self) -> str:
        cursor = self._cursor
        cursor.at += 2
        if cursor.at > cursor.end:
            raise UnreadableError("it ends in a backslash")
        char = cursor.mask[cursor.at - 1]
        if char != "\n":
            return char
        self.continuations.append(cursor.at - 2)
        return ""

    def _single_quoted(self) -> str:
        cursor = self._cursor
        close = cursor.mask.find("'", cursor.at + 1)
        if close < 0:
            raise UnreadableError(f"a quote in it is not closed {cursor.near()}")
        start, cursor.at = cursor.at + 1, close + 1
        return cursor.mask[start:close]

    def _double_quoted(self) -> str | None:
        cursor = self._cursor
        mask = cursor.mask
        start = cursor.at
        cursor.at += 1
        value: list[str] = []
        certain = True
        while cursor.at < cursor.end:
            match = _QUOTED_CHUNK.match(mask, cursor.at)
            if match is not None:
                cursor.at = match.end()
                value.append(match[0])
                continue
            char = mask[cursor.at]
            if char == '"':
                cursor.at += 1
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
        cursor.at = start
        raise UnreadableError(f"a quote in it is not closed {cursor.near()}")

    def _dollar(self, *, in_quotes: bool) -> None:
        cursor = self._cursor
        following = cursor.mask[cursor.at + 1 : cursor.at + 2]
        if following == "(":
            self._parenthesized()
        elif following == "{":
            self._parameter(in_quotes)
        elif following == "'" and not in_quotes:
            self._ansi_quoted()
        elif following == "[" and not in_quotes:
            raise UnreadableError(f"it uses `$[…]` {cursor.near()}")
        else:
            cursor.at += 1

    def _parenthesized(self) -> None:
        """`$(script)` or `$((expression))`."""
        cursor = self._cursor
        cursor.plain = False
        if cursor.mask.startswith("(", cursor.at + 2):
            cursor.at += 1
            # `$((a); b)` may be a substitution that begins with a subshell
            if not self.arithmetic():
                raise UnreadableError(f"a `$((` in it can be read in two ways {cursor.near()}")
        else:
            cursor.at += 2
            self._substitution()

    def _ansi_quoted(self) -> None:
        r"""`$'…'`. In `$'a\'b'` bash and ash know the escape, while dash sees a dollar and the string `a\`."""
        cursor = self._cursor
        start = cursor.at
        cursor.at += 1
        if "\\'" in cursor.mask[start : cursor.mask.find("'", start + 2) + 1]:
            cursor.at = start
            raise UnreadableError(f"a quote in it is escaped within `$'…'` {cursor.near()}")
        self._single_quoted()

    def _parameter(self, in_quotes: bool) -> None:
        """`${…}`. In `"${a:-'}"` the single quote opens a string or not, depending on shell and operator."""
        cursor = self._cursor
        start = cursor.at
        cursor.at += 2
        if _POWERSHELL.match(cursor.mask, cursor.at):
            cursor.at = start
            raise UnreadableError(f"it has a variable that no shell knows {cursor.near()}")
        cursor.enter()
        while cursor.at < cursor.end:
            char = cursor.mask[cursor.at]
            if char == "}":
                cursor.at += 1
                cursor.leave()
                return
            if char == "'" and in_quotes:
                self._string_in_parameter()
            elif char == "$":
                self._dollar(in_quotes=in_quotes)
            elif char in OPENING:
                self.quoted()
            else:
                cursor.at += 1
        cursor.at = start
        raise UnreadableError(f"a `${{` in it is not closed {cursor.near()}")

    def _string_in_parameter(self) -> None:
        """`'…'` in a `${…}` within double quotes: read where it ends at the same place in either reading."""
        cursor = self._cursor
        close = cursor.mask.find("'", cursor.at + 1)
        if close < 0 or any(char in cursor.mask[cursor.at : close] for char in _AMBIGUOUS_IN_BRACES):
            raise UnreadableError(f"a single quote within a `${{…}}` of it can be read in two ways {cursor.near()}")
        cursor.at = close + 1

    def _backquoted(self) -> None:
        cursor = self._cursor
        cursor.plain = False
        at = cursor.at + 1
        while at < cursor.end and cursor.mask[at] != "`":
            at += 2 if cursor.mask[at] == "\\" else 1
        if at >= cursor.end:
            raise UnreadableError(f"a backquote in it is not closed {cursor.near()}")
        cursor.at = at + 1

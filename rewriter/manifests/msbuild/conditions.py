"""Conditions of MSBuild, as far as the properties that are known decide them.

Source: learn.microsoft.com/visualstudio/msbuild/msbuild-conditions (read on 2026-11-30): strings are compared without
case, `and` binds more tightly than `or`.
"""

from __future__ import annotations

from collections.abc import Mapping

from dfix.rewriter.text.expression import expression

LONGEST = 5000
"""Characters; a longer condition counts as unknown."""
_DEEPEST = 50
"""Parentheses within parentheses."""
_TOKEN = expression(r"\s*(?:'(?P<text>[^']*)'|(?P<sign>==|!=|!|\(|\))|(?P<word>[\w.$-]+(?:\(\w+\))?)|(?P<other>\S))")
_REFERENCE = expression(r"\$\((?P<name>\w+)\)")
_UNKNOWN_PARTS = ("$(", "@(", "%")


def holds(condition: str, properties: Mapping[str, str]) -> bool | None:
    """Whether a condition is true; None where that depends on more than `properties` (names in lower case)."""
    if not condition.strip():
        return True
    if len(condition) > LONGEST:
        return None
    try:
        return _Parser(condition, properties).whole()
    except _NotUnderstoodError:
        return None


class _NotUnderstoodError(Exception):
    pass


class _Parser:
    def __init__(self, text: str, properties: Mapping[str, str]) -> None:
        self.tokens = [(match.lastgroup or "", match[match.lastgroup or 0]) for match in _TOKEN.finditer(text)]
        self.properties = properties
        self.at = 0
        self.depth = 0

    def whole(self) -> bool | None:
        value = self._any()
        if self.at != len(self.tokens):
            raise _NotUnderstoodError
        return value

    def _any(self) -> bool | None:
        values = [self._all()]
        while self._take("or"):
            values.append(self._all())
        return True if True in values else None if None in values else False

    def _all(self) -> bool | None:
        values = [self._one()]
        while self._take("and"):
            values.append(self._one())
        return False if False in values else None if None in values else True

    def _one(self) -> bool | None:
        negated = False
        while self._take("!"):
            negated = not negated
        value = self._group() if self._take("(") else self._comparison()
        return value if value is None or not negated else not value

    def _group(self) -> bool | None:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise _NotUnderstoodError
        value = self._any()
        self.depth -= 1
        if not self._take(")"):
            raise _NotUnderstoodError
        return value

    def _comparison(self) -> bool | None:
        kind, text = self._next()
        if kind == "word" and self._take("("):  # Exists('a'), HasTrailingSlash('b')
            while not self._take(")"):
                self._next()
            return None
        if kind not in ("text", "word"):
            raise _NotUnderstoodError
        left = self._value(text)
        sign = next((sign for sign in ("==", "!=") if self._take(sign)), "")
        if not sign:
            return None if left is None else {"true": True, "false": False}.get(left.lower())
        kind, text = self._next()
        right = self._value(text)
        if kind not in ("text", "word") or left is None or right is None:
            return None
        return (left.lower() == right.lower()) == (sign == "==")

    def _value(self, text: str) -> str | None:
        """The text with the values of its properties; None where one of them is unknown."""
        for match in _REFERENCE.finditer(text):
            if match["name"].lower() not in self.properties:
                return None
        value = _REFERENCE.sub(lambda match: self.properties[match["name"].lower()], text)
        return None if any(part in value for part in _UNKNOWN_PARTS) else value

    def _next(self) -> tuple[str, str]:
        if self.at == len(self.tokens):
            raise _NotUnderstoodError
        self.at += 1
        return self.tokens[self.at - 1]

    def _take(self, text: str) -> bool:
        """Go past the next token if it is this sign or word."""
        if self.at < len(self.tokens):
            kind, found = self.tokens[self.at]
            if kind in ("sign", "word") and found.lower() == text:
                self.at += 1
                return True
        return False

"""Patterns of `${name#pattern}` and the like, matched as BuildKit does with Go's regular expressions."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Tokens; a literal is one character, so neither can be taken for one.
_ANY_TEXT = "**"
_ANY_CHAR = "??"


class PatternError(ValueError):
    """A backslash before a character that needs none."""


class Pattern:
    r"""Wildcards `*` and `?`, neither of which matches a newline; a backslash before one of `*?\}/` makes it literal.

    Brackets are literal too: BuildKit has no bracket expressions.
    """

    __slots__ = ("_tokens",)

    def __init__(self, text: str) -> None:
        self._tokens: list[str] = []
        at = 0
        while at < len(text):
            char = text[at]
            at += 1
            if char == "*":
                char = _ANY_TEXT
            elif char == "?":
                char = _ANY_CHAR
            elif char == "\\":
                char = text[at : at + 1]
                at += 1
                if not char or char not in "*?\\}/":
                    raise PatternError(f"invalid escape '\\{char}'")
            self._tokens.append(char)

    def backwards(self) -> Pattern:
        """The pattern that matches at the start of a reversed text what this one matches at the text's end."""
        reverse = Pattern("")
        reverse._tokens = self._tokens[::-1]
        return reverse

    def steps(self, value: str) -> int:
        """How many steps `ends` takes."""
        return (len(self._tokens) + 1) * (len(value) + 1)

    def ends(self, value: str, *, greedy: bool) -> list[int]:
        """For each start in `value` (its end included): where the match ends, -1 for no match.

        As in a regular expression, each `*` in turn matches as much as it can, or as little without `greedy`. Going
        from the last token to the first keeps the time within `steps`, whatever the pattern.
        """
        size = len(value)
        ends = list(range(size + 1))
        for token in reversed(self._tokens):
            if token == _ANY_TEXT:
                for at in range(size - 1, -1, -1):
                    if value[at] != "\n" and (ends[at] < 0 or (greedy and ends[at + 1] >= 0)):
                        ends[at] = ends[at + 1]
            elif token == _ANY_CHAR:
                ends = [ends[at + 1] if char != "\n" else -1 for at, char in enumerate(value)] + [-1]
            else:
                ends = [ends[at + 1] if char == token else -1 for at, char in enumerate(value)] + [-1]
        return ends


def replace_all(value: str, ends: list[int], replacement: str, longest: int) -> Iterator[str]:
    """Pieces of `value` with each match replaced (Go's Regexp.ReplaceAllString), until they exceed `longest`.

    `ends` is the result of `Pattern.ends`. An empty match right after another match doesn't count.
    """
    length = copied = at = 0
    while at <= len(value) and length <= longest:
        start, end = at, ends[at]
        if end < 0:
            at += 1
            continue
        yield value[copied:start]
        if end > copied or start == 0:
            filled = _filled(replacement, value[start:end])
            length += len(filled)
            yield filled
        copied = end
        at = max(end, start + 1)
    yield value[copied:]


def _filled(template: str, match: str) -> str:
    """Fill in the replacement as Go does: `$0` is the match, `$$` a dollar sign; any other group is empty."""
    if "$" not in template:
        return template
    fills = {"$": "$", "0": match, "{0}": match}
    return re.sub(r"\$(\$|\w+|\{\w+\})", lambda group: fills.get(group[1], ""), template)

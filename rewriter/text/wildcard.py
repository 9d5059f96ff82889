"""Wildcards of all dialects, matched in linear time: steps grow with tokens times characters, whatever either holds.

Each dialect has a function of its own that reads a pattern into tokens: ignore files (context/ignore.py), COPY
(context/brought.py), .gitignore (text/gitignore.py), workspaces (manifests/node/workspaces.py). Python's `fnmatch`
is also linear: it never returns into a `*` that is followed by another one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache, reduce
from operator import or_
from typing import Final, Literal

from dfix.rewriter.text.named_tuple import NamedTuple


class Many(NamedTuple):
    """A token that stands for any number of characters; `expression` is the same as a regular expression."""

    kind: Literal["in-name", "any", "folders"]
    expression: str


class OneOf(NamedTuple):
    """A token that stands for one character that `expression` matches. Raises re.error when it is first used."""

    expression: str


class Choice(NamedTuple):
    """A token that stands for one of several texts."""

    texts: tuple[str, ...]


IN_NAME: Final = Many("in-name", "[^/]*")
"""Characters but `/`: the usual `*`."""
ANYTHING: Final = Many("any", ".*")
FOLDERS: Final = Many("folders", "(?:.*/)?")
"""Nothing, or characters and then `/`: the usual `**/`."""
NOT_SLASH: Final = OneOf("[^/]")
"""The usual `?`."""

Token = str | Many | OneOf | Choice
"""A str is one character, and stands for itself."""

_MOST_FOR_RE = 500
"""From this many tokens on, compiling a regular expression takes longer than all matching."""


class Wildcard:
    """A pattern of tokens. Raises re.error for an invalid bracket expression."""

    __slots__ = ("_expression", "_shortest", "_tokens")

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = _joined(tokens)
        self._shortest = sum(map(_shortest, self._tokens))
        self._expression: re.Pattern[str] | None = None
        if _is_plain(self._tokens):
            self._expression = re.compile("".join(map(_translated, self._tokens)), re.DOTALL)
        else:
            for token in self._tokens:
                if isinstance(token, OneOf):
                    _one(token.expression)

    def matches(self, text: str) -> bool:
        """Whether the pattern matches all of a text."""
        if self._expression is not None:
            return self._expression.fullmatch(text) is not None
        return self._shortest <= len(text) and _matches(self._tokens, text)


def _joined(tokens: Iterable[Token]) -> tuple[Token, ...]:
    """The tokens without those that say nothing after the one before them."""
    joined: list[Token] = []
    for token in tokens:
        before = joined[-1] if joined else ""
        if not isinstance(token, Many) or not isinstance(before, Many) or (before, token) == (IN_NAME, FOLDERS):
            joined.append(token)
        elif before != token:
            joined[-1] = ANYTHING
            if joined[-2:-1] == [IN_NAME]:
                del joined[-2]
    return tuple(joined)


def _shortest(token: Token) -> int:
    """The length of the shortest text that a token stands for."""
    if isinstance(token, Many):
        return 0
    if isinstance(token, Choice):
        return min(map(len, token.texts))
    return len(token) if isinstance(token, str) else 1


def _translated(token: Token) -> str:
    if isinstance(token, str):
        return re.escape(token)
    return "" if isinstance(token, Choice) else token.expression


def _is_plain(tokens: tuple[Token, ...]) -> bool:
    """Whether Python's `re`, which is faster, tries each place of the text at most once for each token.

    It does with one `*` in each name, because the `/` after it can only be the end of that name, and with one `**`
    if it begins a name or is the only wildcard. With more of them, each is tried with every length of the others.
    """
    if len(tokens) > _MOST_FOR_RE or any(isinstance(token, Choice) for token in tokens):
        return False
    many = [token for token in tokens if isinstance(token, Many)]
    if len(many) < 2:
        return True
    if ANYTHING in many or many.count(FOLDERS) > 1:
        return False
    stars, before = 0, "/"
    for token in tokens:
        if token == FOLDERS and before != "/":
            return False
        stars = 0 if token == "/" else stars + (token == IN_NAME)
        if stars > 1:
            return False
        before = token if isinstance(token, str) else ""
    return True


@lru_cache(maxsize=1024)
def _one(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.DOTALL)


def _matches(tokens: tuple[Token, ...], text: str) -> bool:
    """Token by token, which places may be reached, as the bits of a number: bit n is the place before character n."""
    marks = _marks(text)
    slashes, full = marks.get("/", 0), (1 << len(text)) - 1
    reached = 1
    for token in tokens:
        if not reached:
            return False
        if isinstance(token, str):
            reached = _after(reached, token, marks)
        elif isinstance(token, Choice):
            reached = _union(_after(reached, choice, marks) for choice in token.texts)
        elif isinstance(token, OneOf):
            fits = _one(token.expression).match
            reached = (reached & _union(bits for char, bits in marks.items() if fits(char))) << 1
        elif token == IN_NAME:
            names = full & ~slashes
            # the carry of the addition runs from each place to the end of the name that it is in
            reached |= ((reached & names) + names) ^ names
        else:
            below_first = (reached & -reached) - 1
            reached |= (full if token == ANYTHING else slashes) << 1 & ~below_first << 1
    return reached >> len(text) == 1


@lru_cache(maxsize=256)
def _marks(text: str) -> dict[str, int]:
    """For each character of a text where it is, as bits."""
    places: dict[str, list[int]] = {}
    for at, char in enumerate(text):
        places.setdefault(char, []).append(at)
    return {char: _union(1 << at for at in found) for char, found in places.items()}


def _after(reached: int, literal: str, marks: dict[str, int]) -> int:
    for char in literal:
        reached = (reached & marks.get(char, 0)) << 1
    return reached


def _union(sets: Iterable[int]) -> int:
    return reduce(or_, sets, 0)

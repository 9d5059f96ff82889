"""Whether two patterns have a name in common."""

from __future__ import annotations

from functools import lru_cache

from dfix.rewriter.text.expression import expression

_TOKEN = expression(r"\*|\[[^\]]{1,50}+\]|.")


@lru_cache(maxsize=1000)
def overlap(name: str, pattern: str) -> bool:
    """Whether a name, in which `*` is any text, may match a pattern of `fnmatch`.

    >>> overlap("debian:*-slim", "debian:9*"), overlap("node:*-alpine", "alpine:3.[12]")
    (True, False)
    """
    tokens = _TOKEN.findall(pattern)
    reached = _with_stars({0}, tokens)
    for char in name:
        after = set()
        for at in reached:
            if char == "*":
                after |= set(range(at, len(tokens) + 1))
            elif at < len(tokens) and tokens[at] == "*":
                after.add(at)
            elif at < len(tokens) and _fits(char, tokens[at]):
                after.add(at + 1)
        if not after:
            return False
        reached = _with_stars(after, tokens)
    return len(tokens) in reached


def _with_stars(places: set[int], tokens: list[str]) -> set[int]:
    """The places in the pattern that are reached where each `*` may stand for nothing."""
    found = set(places)
    for place in places:
        at = place
        while at < len(tokens) and tokens[at] == "*":
            at += 1
            found.add(at)
    return found


def _fits(char: str, token: str) -> bool:
    if len(token) == 1:
        return token in ("?", char)
    first, dash, last = token[1:-1].partition("-")
    return first <= char <= last if dash else char in first

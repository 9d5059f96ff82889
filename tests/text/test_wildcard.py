"""Wildcards against Python's regular expressions, and the time that hostile ones take."""

from __future__ import annotations

import random
import re
import time

import pytest

from dfix.rewriter.text.wildcard import ANYTHING, FOLDERS, IN_NAME, NOT_SLASH, Choice, Many, OneOf, Token, Wildcard
from tests.processor import allowed

TOKENS: tuple[Token, ...] = (
    "a",
    "b",
    "/",
    IN_NAME,
    ANYTHING,
    FOLDERS,
    NOT_SLASH,
    OneOf("[^a]"),
    Choice(("a", "ba", "")),
)
MOST = 0.2
"""CPU seconds; each takes a hundredth of that."""


def expression(token: Token) -> str:
    if isinstance(token, Choice):
        return f"(?:{'|'.join(token.texts)})"
    return token.expression if isinstance(token, Many | OneOf) else token


def test_the_same_as_a_regular_expression() -> None:
    drawn = random.Random(12)
    for _ in range(5_000):
        tokens = [drawn.choice(TOKENS) for _ in range(drawn.randrange(8))]
        wildcard, same = Wildcard(tokens), re.compile("".join(map(expression, tokens)), re.DOTALL)
        for _ in range(4):
            text = "".join(drawn.choice("ab/") for _ in range(drawn.randrange(9)))
            assert wildcard.matches(text) == (same.fullmatch(text) is not None), (tokens, text)


@pytest.mark.parametrize("many", [IN_NAME, ANYTHING, FOLDERS], ids=["in-name", "anything", "folders"])
@pytest.mark.parametrize("between", ["a", "/", "a/", "/a", ""], ids=["a", "slash", "a-slash", "slash-a", "nothing"])
@pytest.mark.parametrize("count", [2, 5, 1_000])
def test_hostile_tokens_take_linear_time(many: Many, between: str, count: int) -> None:
    wildcard = Wildcard((*(token for _ in range(count) for token in (many, *between)), "!"))
    start = time.process_time()
    for text in ("a" * 4_000, "a/" * 2_000, "/" * 4_000, "ab" * 2_000):
        assert not wildcard.matches(text)
    assert time.process_time() - start < allowed(MOST)


def test_mixed_wildcards_take_linear_time() -> None:
    drawn = random.Random(3)
    start = time.process_time()
    for _ in range(100):
        wildcard = Wildcard((*(drawn.choice((*TOKENS, IN_NAME, FOLDERS)) for _ in range(40)), "!"))
        assert not wildcard.matches("a/ab" * 500)
        assert not wildcard.matches("a" * 2_000)
    assert time.process_time() - start < allowed(100 * MOST / 10)


def test_an_invalid_bracket_is_told_at_once() -> None:
    with pytest.raises(re.error):
        Wildcard((OneOf("[b-a]"),))
    with pytest.raises(re.error):
        Wildcard((IN_NAME, "a", IN_NAME, "a", OneOf("[b-a]")))

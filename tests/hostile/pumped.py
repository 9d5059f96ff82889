"""Texts that make a regular expression slow, if any do: made from the expression's own parse tree.

Each repeat of an expression gives texts that it matches; repeated thousands of times, after what comes before the repeat
and before something that fits nowhere, they show whether the expression tries one text in more than one way.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)
SIGNS = {
    ops.CATEGORY_DIGIT: r"\d",
    ops.CATEGORY_NOT_DIGIT: r"\D",
    ops.CATEGORY_SPACE: r"\s",
    ops.CATEGORY_NOT_SPACE: r"\S",
    ops.CATEGORY_WORD: r"\w",
    ops.CATEGORY_NOT_WORD: r"\W",
}
SAMPLES = "a -\n/.\"'\\1A$[_"


def pumped(expression: re.Pattern[str], size: int) -> Iterator[str]:
    """Texts of about `size` characters."""
    tree = parser.parse(expression.pattern, expression.flags)
    pairs = list(dict.fromkeys(_pumps(tree, [""])))[:50]
    wholes = [text for text in _texts(tree, 8) if text]
    pairs += [("", text[:end]) for text in wholes[:6] for end in range(1, len(text) + 1)][:40]
    alphabet = sorted({char for before, pump in pairs for char in before + pump})
    drawn = random.Random(expression.pattern)
    if alphabet:
        starts = ["", *(before for before, _ in pairs)]
        pairs += [(drawn.choice(starts), "".join(drawn.choices(alphabet, k=drawn.randrange(1, 5)))) for _ in range(30)]
    for before, pump in dict.fromkeys(pairs):
        for end in ("\0", "\n!"):
            yield before + pump * max(1, size // len(pump)) + end


def _texts(tree: Any, most: int) -> list[str]:
    """Some texts that a part of an expression matches."""
    found = [""]
    for op, value in tree:
        found = [before + text for before in found for text in _of_one(op, value, most)][: most * 4]
    return found


def _of_one(op: Any, value: Any, most: int) -> Sequence[str]:
    if op is ops.LITERAL:
        return [chr(value)]
    if op is ops.NOT_LITERAL:
        return ["a" if chr(value) != "a" else "b"]
    if op is ops.ANY:
        return ["a", " "]
    if op is ops.IN:
        return _of_class(value)
    if op is ops.BRANCH:
        return [text for branch in value[1] for text in _texts(branch, 2)][:8]
    if op is ops.SUBPATTERN:
        return _texts(value[3], most)
    if op is ops.ATOMIC_GROUP:
        return _texts(value, most)
    if op in REPEATS:
        texts = [text * max(value[0], 1) for text in _texts(value[2], 3)]
        return (["", *texts] if value[0] == 0 else texts)[:4]
    return ["a"] if op is ops.GROUPREF else [""]


def _of_class(items: Any) -> list[str]:
    if items[0][0] is ops.NEGATE:
        return [char for char in SAMPLES if not _is_in(char, items[1:])][:4] or ["\1"]
    found: list[str] = []
    for op, value in items:
        if op is ops.LITERAL:
            found.append(chr(value))
        elif op is ops.RANGE:
            found += map(chr, value)
        elif op is ops.CATEGORY:
            found += [char for char in SAMPLES if re.match(SIGNS[value], char)][:3]
    return found[:6]


def _is_in(char: str, items: Any) -> bool:
    for op, value in items:
        if op is ops.LITERAL and chr(value) == char:
            return True
        if op is ops.RANGE and value[0] <= ord(char) <= value[1]:
            return True
        if op is ops.CATEGORY and re.match(SIGNS[value], char):
            return True
    return False


def _pumps(tree: Any, before: list[str]) -> Iterator[tuple[str, str]]:
    """What comes before each repeat, and a text that it repeats."""
    for op, value in tree:
        inner = [value[2]] if op in REPEATS else value[1] if op is ops.BRANCH else []
        inner = [value[3]] if op is ops.SUBPATTERN else [value] if op is ops.ATOMIC_GROUP else inner
        if op in REPEATS and value[1] > 50:
            yield from ((start, text) for text in _texts(value[2], 4)[:6] for start in before[:3] if text)
        for part in inner:
            yield from _pumps(part, before[:3])
        before = [start + text for start in before for text in _of_one(op, value, 3)[:3]][:6]

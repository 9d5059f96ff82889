"""Keeping answers small: an agent reads all of an answer, and pays for it."""

from __future__ import annotations

from typing import Any

from dfix.rewriter.report.output import valid

MOST_ENTRIES = 50
"""Of a list."""
MOST_CHARACTERS = 400
"""Of a text in a list."""
MOST_OF_TEXT = 20_000
"""Characters of a text that is an answer by itself, such as a diff."""


def trimmed(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer with `left_out`: what is missing of its lists and texts. Texts are valid Unicode."""
    left_out: dict[str, int] = {}
    shown: dict[str, Any] = {}
    for name, value in answer.items():
        shown[name] = value
        if isinstance(value, list):
            shown[name] = [_short(entry) for entry in value[:MOST_ENTRIES]]
            missing = len(value) - MOST_ENTRIES
        elif isinstance(value, str):
            shown[name] = valid(value[:MOST_OF_TEXT])
            missing = len(value) - MOST_OF_TEXT
        else:
            continue
        if missing > 0:
            left_out[name] = missing
    return {**shown, "left_out": left_out}


def _short(entry: Any) -> Any:
    if isinstance(entry, dict):
        return {name: _short(value) for name, value in entry.items()}
    if isinstance(entry, list):
        return [_short(value) for value in entry[:MOST_ENTRIES]]
    if not isinstance(entry, str):
        return entry
    return valid(entry if len(entry) <= MOST_CHARACTERS else entry[: MOST_CHARACTERS - 1] + "…")

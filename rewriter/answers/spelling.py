"""Hints for misspelt names."""

from __future__ import annotations

from collections.abc import Iterable

LISTED = "`dfix rules` lists them"
"""The hint for the name of a rule that is like no other."""


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """The most similar of the known names as a question, or `otherwise` where none is similar."""
    from difflib import get_close_matches

    names = {one.lower(): one for one in known}
    close = get_close_matches(name.lower().replace("_", "-"), sorted(names), 1)
    return f"Did you mean `{names[close[0]]}`?" if close else otherwise

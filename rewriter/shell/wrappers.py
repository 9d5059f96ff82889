"""Programs that run the command that their words end with: wrappers.toml."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_text, row_texts

FILE = os.path.join(os.path.dirname(__file__), "wrappers.toml")


class Wrapper(NamedTuple):
    """The command line of a program that runs another. A call with any other option is not followed."""

    flags: str
    """The letters of options without a value."""
    valued: str
    """The letters of options with a value."""
    long: tuple[str, ...]
    """Long options, with `=` where they have a value."""
    assigns: bool
    """Whether `A=b` may come before the command."""
    operands: int
    """How many operands come before the command."""
    takes_user: bool
    """Whether the first of these is the user who runs the command."""
    in_shell: bool
    """Whether it runs the shell's built-ins too, as `time cd x` does."""
    asks: bool
    """Whether it may also only say what a name means: `command -v x`."""
    followed: bool
    """Whether its options are known, so that the command can be found."""
    hands_over: bool
    """Whether it does nothing beside the command but wait for it or be replaced by it."""


@cache
def wrapper(name: str) -> Wrapper | None:
    """The row of a program; None for one that runs no other."""
    text = _texts().get(name)
    return None if text is None else _parsed(text)


@cache
def starters() -> frozenset[str]:
    """The programs that always run another."""
    return frozenset(name for name, text in _texts().items() if "\nasks = true" not in text)


@cache
def _texts() -> dict[str, str]:
    return row_texts(own_text(FILE), "[[wrapper]]\n")


@cache
def _parsed(text: str) -> Wrapper:
    import tomli

    row = tomli.loads(text)
    return Wrapper(
        flags=row.get("flags", ""),
        valued=row.get("valued", ""),
        long=tuple(row.get("long", ())),
        assigns=row.get("assigns", False),
        operands=row.get("operands", 0),
        takes_user=row.get("takes-user", False),
        in_shell=row.get("in-shell", False),
        asks=row.get("asks", False),
        followed=row.get("followed", True),
        hands_over=row.get("hands-over", False),
    )

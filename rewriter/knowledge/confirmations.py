"""Commands of package managers that ask before they change anything: confirmations.toml as records."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table


class Confirmation(NamedTuple):
    """A program that asks."""

    check: str
    """The check of hadolint that wants `-y` there."""
    commands: frozenset[str]
    """The sub-commands that ask."""
    answered: frozenset[str]
    """Options with which they don't ask, or change nothing."""


def confirmation(program: str) -> Confirmation | None:
    """What is known of a program; None if it is not in the table."""
    return _table().get(program)


@cache
def _table() -> dict[str, Confirmation]:
    rows = own_table(os.path.dirname(__file__), "confirmations.toml")["row"]
    return {
        row["program"]: Confirmation(row["check"], frozenset(row["commands"]), frozenset(row["answered"]))
        for row in rows
    }

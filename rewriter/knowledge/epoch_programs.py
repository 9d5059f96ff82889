"""Programs that heed SOURCE_DATE_EPOCH (`epoch_programs.toml`)."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table


class EpochProgram(NamedTuple):
    """A program that makes something else if SOURCE_DATE_EPOCH is set."""

    words: frozenset[str]
    """One of these is among its words where it does; empty if it always does."""
    what: str
    """What it does without that variable, as a phrase behind its name."""
    families: frozenset[str] = frozenset()
    """The families of base images whose program it is; empty for all."""


@cache
def epoch_programs() -> dict[str, EpochProgram]:
    """The programs by their names, as in "make" and "python -m compileall"."""
    rows = own_table(os.path.dirname(__file__), "epoch_programs.toml")["program"]
    return {
        name: EpochProgram(frozenset(row.get("words", ())), row["what"], frozenset(row.get("families", ())))
        for row in rows
        for name in row["names"]
    }

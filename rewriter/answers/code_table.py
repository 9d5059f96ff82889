"""The codes of reasons and what they mean: reasons.toml as records."""

from __future__ import annotations

import os

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "reasons.toml")


class Code(NamedTuple):
    """One table of reasons.toml."""

    name: str
    """The code itself ("no-lock")."""
    rules: tuple[str, ...]
    """The rules that give reasons of this code."""
    meaning: str
    """One sentence."""
    why: str
    """Why the place is left alone, as Markdown."""
    do: str
    """What the author of the Dockerfile can do, as Markdown."""
    formerly: tuple[str, ...] = ()
    """What the code was called in version 1 of the JSON report."""


def codes() -> tuple[Code, ...]:
    """Every code, sorted by name as in the file. Reads the file at each call."""
    table = own_table(_TABLE)
    records = []
    for name, row in table.items():
        former = tuple(row.get("formerly", ()))
        records.append(Code(name, tuple(row["rules"]), row["meaning"], row["why"].strip(), row["do"].strip(), former))
    return tuple(records)


def codes_of(rule: str) -> tuple[Code, ...]:
    """The codes of the reasons that a rule gives, sorted by name; none for a rule from a plug-in."""
    return tuple(code for code in codes() if rule in code.rules)

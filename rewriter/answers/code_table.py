"""The codes of reasons and what they mean, for people: reasons.toml as records."""

from __future__ import annotations

import os
from typing import NamedTuple

_TABLE = os.path.join(os.path.dirname(__file__), "reasons.toml")


class Code(NamedTuple):
    """A code of reasons."""

    name: str
    rules: tuple[str, ...]
    """The rules that give reasons of this code."""
    meaning: str
    """One sentence."""
    why: str
    """Why the place is left alone, as Markdown."""
    do: str
    """What the author of the Dockerfile can do, as Markdown."""
    formerly: tuple[str, ...] = ()
    """The codes that this one had in version 1 of the JSON report."""


def codes() -> tuple[Code, ...]:
    """Every code, by name."""
    import tomllib

    with open(_TABLE, "rb") as file:
        table = tomllib.load(file)
    found = []
    for name, row in table.items():
        former = tuple(row.get("formerly", ()))
        found.append(Code(name, tuple(row["rules"]), row["meaning"], row["why"].strip(), row["do"].strip(), former))
    return tuple(found)


def codes_of(rule: str) -> tuple[Code, ...]:
    """The codes of the reasons that a rule gives, by name; none for a rule that dfix does not bring itself."""
    return tuple(code for code in codes() if rule in code.rules)

"""Which packages apt also installs because others recommend them, and what those are for (`packages/recommended.*`)."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table, own_text

_FOLDER = os.path.join(os.path.dirname(__file__), "packages")


class Purposes(NamedTuple):
    """What recommended packages are for; one in none of these may be needed."""

    idle: frozenset[str]
    """Those that no program in a container needs."""
    needed: frozenset[str]
    """Those that most uses of the package that recommends them need."""
    used_by: Mapping[str, tuple[str, ...]]
    """Words that tell that a package may be used."""
    megabytes: Mapping[str, int]
    """How much space they take with what only they need, where that is 1 MB or more."""


@cache
def purposes() -> Purposes:
    """What recommended packages are for."""
    table = own_table(_FOLDER, "recommended.toml")
    used_by = {name: tuple(words) for name, words in table["used-by"].items()}
    return Purposes(frozenset(table["idle"]), frozenset(table["needed"]), used_by, table["megabytes"])


@cache
def recommended(package: str) -> tuple[str, ...] | None:
    """What a package, or one that it depends on, recommends in any release; None for one that the table lacks."""
    text = f"\n{own_text(_FOLDER, 'recommended.tsv')}"
    at = text.find(f"\n{package}\t")
    return None if at < 0 else tuple(text[at + 1 :].partition("\n")[0].partition("\t")[2].split())

"""Programs that build something and never run a package manager: compilers.toml."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "compilers.toml")


@cache
def compilers() -> frozenset[str]:
    """Their names, without folders."""
    return frozenset(own_table(_TABLE)["names"])

"""Programs that fetch what a project lists, but for which no reader exists: project_programs.toml as records."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "project_programs.toml")


class ProjectProgram(NamedTuple):
    """A program that fetches what a project lists."""

    name: str
    fetches: frozenset[str]
    """The sub-commands that do; "" for none given. Empty: all of them."""
    manifests: str
    """The files that list it, in words."""


@cache
def project_programs() -> dict[str, ProjectProgram]:
    """The programs by name."""
    table = own_table(_TABLE)
    return {name: ProjectProgram(name, frozenset(row["fetches"]), row["manifests"]) for name, row in table.items()}

"""How programs name what they download (`archive_tools.toml`)."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table


class DownloadProgram(NamedTuple):
    """The options of a program that downloads one file."""

    output: frozenset[str]
    """Options whose value is the name of the file."""
    by_address: frozenset[str]
    """Options with which the file is called like the end of the address; empty if it always is, without a name."""
    values: str
    """The letters of short options that take a value."""
    long_values: frozenset[str]
    unclear: frozenset[str]
    """Options with which the file may be called otherwise."""


@cache
def download_programs() -> dict[str, DownloadProgram]:
    """The programs by their names."""
    table = own_table(os.path.dirname(__file__), "archive_tools.toml")["download"]
    return {
        name: DownloadProgram(
            frozenset(row["output"]),
            frozenset(row.get("by-address", ())),
            row["values"],
            frozenset(row["long-values"]),
            frozenset(row["unclear"]),
        )
        for name, row in table.items()
    }

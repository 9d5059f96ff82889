"""Folders whose files a container runs without being told: start_folders.toml as a tuple."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "start_folders.toml")


@cache
def start_folders() -> tuple[str, ...]:
    """Their image paths, in the order of the table; some are single files."""
    return tuple(row["path"] for row in own_table(_TABLE)["folder"])

"""The manifests that a command writes without naming them: new_manifests.toml as a dictionary."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "new_manifests.toml")


@cache
def new_manifests() -> dict[str, frozenset[str]]:
    """For each program, or program and sub-command ("npm init"), the names of the files that it may write."""
    return {name: frozenset(files) for name, files in own_table(_TABLE).items()}

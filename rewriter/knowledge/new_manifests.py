"""The manifests that a command writes without naming them: new_manifests.toml as a dictionary."""

from __future__ import annotations

import os
from functools import cache

_TABLE = os.path.join(os.path.dirname(__file__), "new_manifests.toml")


@cache
def new_manifests() -> dict[str, frozenset[str]]:
    """For each program, or program and sub-command ("npm init"), the names of the files that it may write."""
    import tomllib

    with open(_TABLE, "rb") as file:
        return {name: frozenset(files) for name, files in tomllib.load(file).items()}

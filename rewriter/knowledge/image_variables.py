"""The variables that base images set: image_variables.toml."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache

from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "image_variables.toml")


def image_variables(name: str) -> Mapping[str, str]:
    """Those that an image of this repository, as written, sets for certain; there may be others."""
    return _rows().get(name, {})


def is_of_image(name: str, value: str | None) -> bool:
    """Whether a variable has the value that some base image gives it."""
    return value is not None and any(variables.get(name) == value for variables in _rows().values())


@cache
def _rows() -> dict[str, dict[str, str]]:
    return {name: dict(row["variables"]) for row in own_table(_TABLE)["image"] for name in row["names"]}

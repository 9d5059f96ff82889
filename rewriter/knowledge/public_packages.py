"""What anybody can fetch: public_packages.toml."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from typing import Any

_FILE = os.path.join(os.path.dirname(__file__), "public_packages.toml")


@cache
def public_packages() -> dict[str, Any]:
    """The file's tables: "go" and "maven"."""
    with open(_FILE, "rb") as file:
        return tomllib.load(file)

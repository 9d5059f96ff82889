"""What anybody can fetch: public_packages.toml."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from dfix.rewriter.text.own_data import own_table

_FILE = os.path.join(os.path.dirname(__file__), "public_packages.toml")


@cache
def public_packages() -> dict[str, Any]:
    """The file's tables: "go" and "maven"."""
    return own_table(_FILE)

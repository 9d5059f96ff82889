"""Which releases of an image get long-term support, where every second one does (long_term_releases.toml)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table


class _Row(NamedTuple):
    even: int
    same: int
    below: int


def keeps_long_term(name: str, now: Sequence[int], new: Sequence[int]) -> bool:
    """Whether a newer release has long-term support, or the present one has none either.

    `name` is that of the image's repository, as `model.images.repository` gives it.
    """
    row = _table().get(name)
    if row is None or len(now) < row.even or now[row.even - 1] % 2:
        return True
    if row.same and len(now) >= row.same and now[row.same - 1] != new[row.same - 1]:
        return False
    number = new[row.even - 1]
    return number % 2 == 0 or 0 < row.below <= number


@cache
def _table() -> dict[str, _Row]:
    rows = own_table(os.path.dirname(__file__), "long_term_releases.toml")["image"]
    return {name: _Row(row["even"], row.get("same", 0), row.get("below", 0)) for row in rows for name in row["names"]}

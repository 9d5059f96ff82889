"""Whether the end-of-life dates that dfix brings are too old to rely on."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime

from dfix.rewriter.bases.image_row import BaseRow
from dfix.rewriter.text.named_tuple import NamedTuple

MOST_DAYS = 180


class OldData(NamedTuple):
    """The products whose dates were read long ago, by name, and the age of the oldest."""

    products: tuple[str, ...]
    days: int


def today() -> str:
    """The day as 2026-11-30, in UTC; that of SOURCE_DATE_EPOCH where it is set (reproducible-builds.org)."""
    given = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.now(UTC)
    if given.isdecimal() and len(given) <= len("253402300799"):
        now = datetime.fromtimestamp(min(int(given), 253402300799), UTC)
    return now.date().isoformat()


def old_data(rows: Iterable[BaseRow], day: str) -> OldData | None:
    """What of the dates that the rows rest on is older than `MOST_DAYS`; None if all are newer."""
    read = {ending.product: ending.read for row in rows for ending in row.endings}
    ages = {name: (date.fromisoformat(day) - date.fromisoformat(then)).days for name, then in read.items()}
    old = {name: age for name, age in ages.items() if age > MOST_DAYS}
    return OldData(tuple(sorted(old)), max(old.values())) if old else None

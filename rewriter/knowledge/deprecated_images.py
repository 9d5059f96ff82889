"""Base images that get no more updates under any tag (deprecated_images.toml)."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table


class DeprecatedImage(NamedTuple):
    """An image that is no longer maintained."""

    since: str
    """The day of its last update by its maintainers' announcement, as 2024-06-30; "" if they name none."""
    instead: tuple[str, ...]
    """The images that its maintainers name instead."""
    source: str


def deprecated_image(name: str) -> DeprecatedImage | None:
    """What is known of an image, by the name of its repository as `model.images.repository` gives it."""
    return _table().get(name)


@cache
def _table() -> dict[str, DeprecatedImage]:
    rows = own_table(os.path.dirname(__file__), "deprecated_images.toml")["image"]
    return {
        row["name"]: DeprecatedImage(str(row.get("since", "")), tuple(row["instead"]), row["source"]) for row in rows
    }

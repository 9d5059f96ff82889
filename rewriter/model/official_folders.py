"""Whether a folder of the image is there before the first instruction: base_folders.toml, for official images."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any

from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.paths import within
from dfix.rewriter.text.own_data import own_table

if TYPE_CHECKING:
    from dfix.rewriter.model.stage import Stage

_TABLE = os.path.join(os.path.dirname(os.path.dirname(__file__)), "knowledge", "base_folders.toml")


@cache
def _table() -> dict[str, Any]:
    return own_table(_TABLE)


def is_in_base(stage: Stage, folder: str) -> bool:
    """Whether the image that a stage starts from has a folder for certain."""
    return folder in _table()["there"].get(stage.base.family, ())


def is_missing_in_base(stage: Stage, path: str) -> bool:
    """Whether the image that a stage starts from has nothing at a path for certain."""
    taken = _table()["taken"]
    image = stage.base.image
    if base_image(image) is None or "onbuild" in image or not path.startswith("/"):
        return False
    return (
        path not in ("/", *taken["empty"])
        and not path.startswith(tuple(taken["beginnings"]))
        and not any(within(path, folder) for folder in taken["folders"])
    )

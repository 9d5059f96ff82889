"""The users of base images and their homes: image_users.toml."""

from __future__ import annotations

import os

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "image_users.toml")
_ROOT = ("root", "0", "root:root", "0:0", "root:0", "0:root")


class ImageUser(NamedTuple):
    """A user of an image."""

    home: str
    uid: int
    gid: int


def image_user(repository: str, user: str | None) -> ImageUser | None:
    """A user of an image that the table knows; None for another. `user` None is the one that the image starts with."""
    table = own_table(_TABLE)
    if repository not in table["root"]:
        return None
    if user is None or user in _ROOT:
        return ImageUser("/root", 0, 0)
    for row in table["user"]:
        if row["image"] == repository and user in (row["name"], f"{row['name']}:{row['name']}", str(row["uid"])):
            return ImageUser(row["home"], row["uid"], row["gid"])
    return None

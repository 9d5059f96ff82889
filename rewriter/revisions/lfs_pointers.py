"""Files that Git LFS keeps elsewhere: the repository has a pointer, a text with the digest of the content."""

from __future__ import annotations

import os
import shutil

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import digest

LARGEST_POINTER = 1024
"""In bytes (git-lfs, docs/spec.md)."""
_POINTER = expression(
    r"version https://git-lfs\.github\.com/spec/v1\n(?:[a-z0-9.-]+ [^\n]*\n)*?oid sha256:(?P<oid>[0-9a-f]{64})\n"
)


class Pointer(NamedTuple):
    """A pointer that was checked out at `path`, and the digest of what it stands for."""

    path: str
    oid: str


def pointer(path: str, content: bytes) -> Pointer | None:
    """The pointer that a small file is, or None."""
    match = _POINTER.match(content.decode("utf-8", "replace"))
    return Pointer(path, match["oid"]) if match else None


def put_content(found: Pointer, folder: str, like: str, store: str) -> bool:
    """Replace a pointer in `folder` by its content, if that is at the same path of `like` or in the clone's `store`."""
    places = [(os.path.join(like, found.path), like)] if like else []
    places.append((os.path.join(store, found.oid[:2], found.oid[2:4], found.oid), store))
    for place, within in places:
        if digest(place, (os.path.realpath(within),)) == found.oid:
            shutil.copyfile(place, os.path.join(folder, found.path))
            return True
    return False

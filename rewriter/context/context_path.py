"""Paths in a build context: relative to its root, with `/`; "" is the root."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator


def normal(path: str) -> str:
    """Normalize a context path of a COPY ("./src/", "/src", "."): no `./` and no outer `/`; "" is the root.

    `..` cannot leave the root: BuildKit cleans `/../x` to `/x`.
    """
    return posixpath.normpath("/" + path).lstrip("/")


def above(folder: str) -> Iterator[str]:
    """The parents of a context folder, nearest first, up to the root "", which has none."""
    while folder:
        folder = posixpath.dirname(folder)
        yield folder


def inside(folder: str, written: str) -> str | None:
    """The context path that a file in `folder` refers to as `written`; "" is the root.

    None if it is outside of the context or unknown: an absolute path, a home folder, a variable.
    """
    path = posixpath.normpath(posixpath.join(folder, written))
    if written.startswith(("/", "~")) or "$" in written or path == ".." or path.startswith("../"):
        return None
    return "" if path == "." else path

"""Paths within an image, as BuildKit joins them to a working folder."""

from __future__ import annotations

import posixpath


def resolve(folder: str | None, path: str) -> str | None:
    """The path as seen from `folder`, without `.`, `..` and double slashes; None when that is not known.

    A folder that starts with `?/` lies below the base image's own working folder, of which nothing is known; so does
    the answer then, unless `..` leads out of it.
    """
    if path.startswith("/"):
        return posixpath.normpath("/" + path.lstrip("/"))
    if folder is None:
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if folder[0] == "?" and joined[0] != "?" else joined


def within(path: str, folder: str) -> bool:
    """Whether a path is a file or folder itself, or lies in it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def overlaps(one: str, other: str) -> bool:
    """Whether one of two folders is the other or lies in it."""
    return one == other or within(one.rstrip("/") + "/", other) or within(other.rstrip("/") + "/", one)

"""Paths in an image, joined to the working directory as BuildKit does."""

from __future__ import annotations

import posixpath


def resolve(folder: str | None, path: str) -> str | None:
    """The path relative to `folder`, without `.`, `..` and double slashes; None if unknown.

    A folder that starts with `?/` is below the base image's own working directory, which is unknown; then so is the
    result, or None if `..` leads out of it: `resolve("?/app", "x")` is "?/app/x", and of "../.." it is None.
    """
    if path.startswith("/"):
        return posixpath.normpath("/" + path.lstrip("/"))
    if folder is None:
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    return None if folder[0] == "?" and joined[0] != "?" else joined


def is_address(source: str) -> bool:
    """Whether a source of an ADD is a URL or a repository, instead of a file of the build context."""
    return "://" in source or source.startswith("git@")


def within(path: str, folder: str) -> bool:
    """Whether a path is `folder` itself or below it."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def overlaps(first: str, second: str) -> bool:
    """Whether two folders are the same, or one is below the other."""
    return first == second or within(first.rstrip("/") + "/", second) or within(second.rstrip("/") + "/", first)

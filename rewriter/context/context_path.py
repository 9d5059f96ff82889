"""Paths in a build context: relative to its root, with `/`; "" is the root."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

_MOST_LINKS = 40
"""As many as Linux follows for one path."""
LONGEST_PATH = 4_096
"""Linux opens no longer one (PATH_MAX). Following its links step by step would take the square of its length."""


def follow(path: str, link_at: Callable[[str], str | None]) -> str | None:
    """A path with every link on its way followed; None for links that lead in a circle, or if it is too long.

    `link_at` says what the link at a path says, as written, and None where there is none. `path` may be absolute, or
    begin with a folder that is not known (`?/a`); an absolute target begins at the root.
    """
    if len(path) > LONGEST_PATH:
        return None
    done, rest, left = "", [part for part in path.split("/") if part], _MOST_LINKS
    root = "/" if path.startswith("/") else ""
    while rest:
        here = posixpath.normpath(posixpath.join(root, done, rest.pop(0)))
        target = link_at(here)
        if target is None:
            done = here
            continue
        left -= 1
        if not left:
            return None
        rest = [*(part for part in target.split("/") if part), *rest]
        if target.startswith("/"):
            root = done = "/"
    return done or "/"


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

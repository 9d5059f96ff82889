"""A copy of the files that a build context ships, so that both builds see the same files even if the originals change.

Rebuilds are also measured with the copy: files are edited there, never in the user's folder.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from dfix.rewriter.context.folder import MOST_FILES, Context
from dfix.rewriter.context.ignore import LARGEST_IGNORE_FILE
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.read import content


class ContextError(Exception):
    """A context that cannot be copied; the text says why."""


def snapshot(context: Context, folder: str, ignores: Sequence[Context] = ()) -> None:
    """Copy the files that `context` ships to a new `folder`. Raises ContextError, and OSError for a full disk.

    `ignores` are the same folder with other ignore files: what ships by one of them is copied, too.
    """
    views = (context, *ignores)
    for view in views:
        if view.fault:
            raise ContextError(f"the ignore file cannot be used ({view.fault})")
    files = tuple(sorted({path for view in views for path in view.below("")}))
    if len(files) >= MOST_FILES:
        raise ContextError(
            f"the build context has {MOST_FILES} files or more. Leave some out with {context.ignore_name}"
        )
    folders = dict.fromkeys(path for view in views for path in view.folders())
    os.mkdir(folder)
    for path in folders:
        os.makedirs(os.path.join(folder, path), exist_ok=True)
    for path in files:
        target = os.path.join(folder, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy2(os.path.join(context.root, path), target, follow_symlinks=False)
    for path in _parents(files, folders):  # last, because files can't be added to a read-only folder
        shutil.copystat(os.path.join(context.root, path), os.path.join(folder, path))


def _parents(files: tuple[str, ...], folders: dict[str, None]) -> list[str]:
    """Every folder of the copy, deepest first."""
    found = {"", *folders}
    for path in (*files, *folders):
        while path := os.path.dirname(path):
            found.add(path)
    return sorted(found, key=lambda path: -path.count("/") if path else 1)


def ignore_file(context: Context, dockerfile: str) -> bytes | None:
    """The content of the ignore file in force, for a copy next to the copied Dockerfile; None if there is none."""
    own = f"{dockerfile}.dockerignore"
    path = own if context.ignore_name == os.path.basename(own) else os.path.join(context.root, ".dockerignore")
    data = content(path, LARGEST_IGNORE_FILE, context.within)
    return data if isinstance(data, bytes) else None


class IgnorePlace(NamedTuple):
    """Where in the context the ignore file is that is in force, or the one that dfix would make."""

    path: str
    """In the context."""
    original: str
    """On disk; it may be absent."""
    ships: bool


def ignore_place(context: Context) -> IgnorePlace | None:
    """The place of the ignore file in the context; None if it is elsewhere."""
    if not context.ignore_path:
        return None
    folder, name = os.path.split(os.path.abspath(context.ignore_path))
    path = os.path.relpath(os.path.join(os.path.realpath(folder), name), context.root)
    if path.startswith(f"..{os.sep}"):
        return None
    return IgnorePlace(path, context.ignore_path, context.ships(path))

"""What the folders of cache mounts hold: mounted_folders.toml as a record."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.knowledge.load import load
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "mounted_folders.toml")


class MountedFolders(NamedTuple):
    """The table."""

    downloads: tuple[str, ...]
    """Folders with nothing but downloads, from which installs copy; `~` is a home."""
    above: dict[str, frozenset[str]]
    """Folders above such folders, each with the managers that have only downloads there."""
    moved: frozenset[str]
    """Variables and options that say where such a folder is."""
    builds: tuple[str, ...]
    """The ends of paths at which compilers and bundlers have their caches."""
    temporary: tuple[str, ...]
    offline: dict[str, frozenset[str]]
    """Options with which a manager downloads nothing; "" for those of every manager."""


@cache
def mounted_folders() -> MountedFolders:
    """The table, read once."""
    table = own_table(_TABLE)
    downloads = table["downloads"]
    own = [path for row in downloads for name in row.get("managers", ()) for path in load(name).caches]
    return MountedFolders(
        downloads=(*own, *(path for row in downloads for path in row.get("folders", ()))),
        above={path: frozenset(row["for"]) for row in downloads for path in row.get("above", ())},
        moved=frozenset(name for row in table["moved"] for name in row["names"]),
        builds=tuple(end for row in table["builds"] for end in row["ends"]),
        temporary=tuple(path for row in table["temporary"] for path in row["folders"]),
        offline={row.get("manager", ""): frozenset(row["options"]) for row in table["offline"]},
    )

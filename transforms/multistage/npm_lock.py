"""What package-lock.json tells about the packages of a Node.js project."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple


class LockedPackages(NamedTuple):
    """The packages that a lock file names; all empty where there is none, or it has no list that dfix reads."""

    shipped: frozenset[str]
    """The packages that a program may need at run time."""
    with_scripts: frozenset[str]
    """Those of them that run a script when they are installed, and may link a library of the system."""
    development: int
    """How many packages are for development only."""
    listed: bool
    """Whether the lock file says which packages run scripts (npm 7 or later)."""


def locked_packages(text: str | None) -> LockedPackages:
    """The packages of a package-lock.json of npm 5 or later."""
    try:
        lock = json_value(text or "{}")
    except ValueError:
        lock = {}
    entries = list(_entries(lock)) if isinstance(lock, dict) else []
    shipped = [(name, entry) for name, entry in entries if not entry.get("dev")]
    return LockedPackages(
        frozenset(name for name, _ in shipped),
        frozenset(name for name, entry in shipped if entry.get("hasInstallScript")),
        len(entries) - len(shipped),
        isinstance(lock, dict) and isinstance(lock.get("packages"), dict),
    )


def _entries(lock: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and entry of each installed package: from `packages` (npm 7), else from the tree of `dependencies`."""
    packages = lock.get("packages")
    if isinstance(packages, dict):
        for path, entry in packages.items():
            if "node_modules/" in path and isinstance(entry, dict):
                yield path.rpartition("node_modules/")[2], entry
        return
    pending = [lock.get("dependencies")]
    while pending:
        table = pending.pop()
        for name, entry in table.items() if isinstance(table, dict) else ():
            if isinstance(entry, dict):
                yield name, entry
                pending.append(entry.get("dependencies"))

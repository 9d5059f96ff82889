"""The packages to which the paths of an image belong, as far as their folders tell."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "package_places.toml")


class PackagePlace(NamedTuple):
    """A folder with packages of a package manager."""

    folder: str
    packages: str
    """What they are: "Node.js packages"."""
    name: str
    """The package of a path in it; "" where the path is of no particular one."""


class _Row(NamedTuple):
    packages: str
    of_package: re.Pattern[str]
    folder: re.Pattern[str]

    def place(self, found: re.Match[str]) -> PackagePlace:
        """The place of a path of a package."""
        return PackagePlace(found["folder"], self.packages, found["name"])


def place_of(path: str) -> PackagePlace | None:
    """Where a path is among packages; None where it is elsewhere."""
    for row in _rows():
        near = row.folder.match(path)
        if near is not None:
            found = row.of_package.fullmatch(path)
            return PackagePlace(near["folder"], row.packages, "") if found is None else row.place(found)
    return None


def named(paths: Iterable[str], most: int) -> str:
    """The packages of some paths as a phrase, at most so many by name: "Debian packages: curl, jq"; "" for none."""
    names: dict[str, dict[str, None]] = {}
    for path in paths:
        place = place_of(path)
        if place is not None and place.name:
            names.setdefault(place.packages, {})[place.name] = None
    return "; ".join(f"{packages}: {_listed(list(found), most)}" for packages, found in names.items())


def _listed(names: list[str], most: int) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


@cache
def _rows() -> tuple[_Row, ...]:
    return tuple(
        _Row(
            row["packages"],
            re.compile(f"(?P<folder>{row['folder']})/{row['package']}"),
            re.compile(f"(?P<folder>{row['folder']})(?=/|$)"),
        )
        for row in own_table(TABLE)["place"]
    )

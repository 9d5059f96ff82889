"""Differences as people read them: by the instructions behind them; where there are many, by folder, largest first.

Where a package manager keeps packages, its folder is one, however deep, and the packages are named.
"""

from __future__ import annotations

from collections.abc import Sequence

from dfix.rewriter.report.sizes import size
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.compare import PRESENCE, Difference, Origin
from dfix.rewriter.verify.package_places import named, place_of

_FOLDERS = 2
"""How much of a path names the folder under which it is counted."""
_PACKAGES = 3
"""How many packages of a folder are named."""


class Group(NamedTuple):
    """The differences behind which are the same instructions."""

    heading: str
    """Which they are, as a phrase; "" where that is not known."""
    differences: tuple[Difference, ...]


def by_instruction(differences: Sequence[Difference]) -> list[Group]:
    """The differences in groups, those with the most bytes first and settings last."""
    found: dict[str, list[Difference]] = {}
    for difference in differences:
        found.setdefault(_heading(difference), []).append(difference)
    groups = [Group(heading, tuple(rows)) for heading, rows in found.items()]
    return sorted(groups, key=lambda group: (group.differences[0].kind == "config", -_bytes(group.differences)))


def shortened(differences: Sequence[Difference], most: int) -> tuple[list[str], int]:
    """At most `most` lines for these differences, and how many are left out; where there are many, by folder."""
    if len(differences) <= most:
        return list(map(_alone, differences)), 0
    folders: dict[tuple[str, str], list[Difference]] = {}
    for one in differences:
        folders.setdefault((_folder(one), _kind(one)), []).append(one)
    if len(folders) == len(differences):
        return list(map(_alone, differences[:most])), len(differences) - most
    largest = sorted(folders.items(), key=lambda item: (-_bytes(item[1]), -_count(item[1]), item[0]))
    rows = [_of_folder(folder, kind, rows) for (folder, kind), rows in largest[:most]]
    return rows, sum(_count(rows) for _, rows in largest[most:])


def _of_folder(folder: str, kind: str, rows: Sequence[Difference]) -> str:
    if len(rows) == 1:
        return _alone(rows[0])
    count, bytes_ = _count(rows), _bytes(rows)
    packages = named((path for row in rows for path in (row.path, *row.below)), _PACKAGES)
    shown = f" ({packages})" if packages else ""
    return f"{folder}: {count} paths {kind}{f', {size(bytes_)}' if bytes_ else ''}{shown}"


def _alone(difference: Difference) -> str:
    packages = named((difference.path, *difference.below), _PACKAGES) if difference.below else ""
    return f"{difference.path} {difference.what}{f' ({packages})' if packages else ''}"


def _heading(difference: Difference) -> str:
    was, now = difference.was, difference.now
    if was is None and now is None:
        return ""
    verb = "set" if difference.kind == "config" else "written"
    if was == now:
        return f"{verb} {_place(now)}"
    gone = difference.kind == PRESENCE and difference.what.startswith("is gone")
    new = difference.kind == PRESENCE and not gone
    if now is not None and gone:
        return f"{verb} {_place(was)} before, removed {_place(now)} now"
    if was is not None and new:
        return f"removed {_place(was)} before, {verb} {_place(now)} now"
    return f"{verb} {_place(was)} before, {_place(now)} now"


def _place(origin: Origin | None) -> str:
    if origin is None:
        return "nowhere"
    return f"on line {origin.line} ({origin.text})" if origin.line else "in the base image"


def _folder(difference: Difference) -> str:
    if difference.path[:1] != "/":
        return ""
    place = place_of(difference.path)
    return place.folder if place is not None else "/" + "/".join(difference.path.strip("/").split("/")[:_FOLDERS])


def _kind(difference: Difference) -> str:
    if difference.kind != PRESENCE:
        return "differ"
    return "gone" if difference.what.startswith("is gone") else "new"


def _count(rows: Sequence[Difference]) -> int:
    return sum(1 + len(row.below) for row in rows)


def _bytes(rows: Sequence[Difference]) -> int:
    return sum(abs(row.bytes) for row in rows)

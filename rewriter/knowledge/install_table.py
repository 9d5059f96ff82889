"""What an install does with the files that variables, options and settings name: the rows of install_table.toml.

Whatever is not in that table may make the install read the named file, and whatever that one names in turn.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, NamedTuple, get_args

_FILE = os.path.join(os.path.dirname(__file__), "install_table.toml")
Kind = Literal["variable", "option", "operand", "setting"]
Reads = Literal["nothing", "followed", "file", "folder"]
Format = Literal["ini", "words", "yaml", "toml", "json", "opaque"]
EVERY = "*"
"""Stands for every manager, or every settings file."""


class Names(NamedTuple):
    """A list of names. They are not one regular expression: compiling it takes longer than a run needs the table."""

    plain: frozenset[str]
    starred: tuple[tuple[str, ...], ...]
    """What is before, between and after the `*` of those that have some."""

    @classmethod
    def of(cls, written: Iterable[str]) -> Names:
        """The names as the table writes them: `*` stands for any text, and no other character for another."""
        names = tuple(written)
        return cls(frozenset(names), tuple(tuple(name.split("*")) for name in names if "*" in name))

    def match(self, name: str) -> bool:
        """Whether it is one of them."""
        return name in self.plain or any(_fits(name, parts) for parts in self.starred)


def _fits(name: str, parts: tuple[str, ...]) -> bool:
    first, *between, last = parts
    if not (name.startswith(first) and name.endswith(last)):
        return False
    at, end = len(first), len(name) - len(last)
    for part in between:
        found = name.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return at <= end


class InstallRow(NamedTuple):
    """What the install does with a file that something of these names refers to."""

    kind: Kind
    of: frozenset[str]
    """Managers; for settings, names of files."""
    names: Names
    """Those of variables and settings are in lower case."""
    others: Names
    """(`except`) The names that are none of these."""
    reads: Reads
    """`nothing`: no such file; `followed`: the manager's reader follows it; `file`, `folder`: what it names."""
    source: str
    samples: tuple[str, ...]


class SettingsFile(NamedTuple):
    """A file from which managers take settings wherever they find it."""

    names: tuple[str, ...]
    of: frozenset[str]
    above: bool
    """Whether they look for it in the folders above, too."""
    format: Format
    """`opaque`: code, or anything else that dfix does not read."""
    section: tuple[str, ...]
    """The tables in it that are the managers'; none: the whole file."""


@cache
def _tables() -> dict[str, Any]:
    with open(_FILE, "rb") as file:
        return tomllib.load(file)


@cache
def rows() -> tuple[InstallRow, ...]:
    """Every row, in the order of the file."""
    return tuple(map(_row, _tables()["row"]))


def _row(data: dict[str, Any]) -> InstallRow:
    assert data["kind"] in get_args(Kind)
    assert data["reads"] in get_args(Reads)
    return InstallRow(
        kind=data["kind"],
        of=frozenset(data.get("of", (EVERY,))),
        names=Names.of(data["names"]),
        others=Names.of(data.get("except", ())),
        reads=data["reads"],
        source=data["source"],
        samples=tuple(data["samples"]),
    )


@cache
def settings_files() -> tuple[SettingsFile, ...]:
    """Every kind of settings file."""
    return tuple(
        SettingsFile(
            tuple(data["names"]),
            frozenset(data["of"]),
            data.get("above", False),
            data["format"],
            tuple(data.get("section", ())),
        )
        for data in _tables()["settings"]
    )


@cache
def reads(kind: Kind, of: str, name: str) -> Reads | None:
    """What an install does with a file that `name` refers to; `of`: manager or settings file. None: unknown."""
    written = name.lower() if kind in ("variable", "setting") else name
    for row in rows():
        if row.kind != kind or row.of.isdisjoint((of, EVERY)):
            continue
        if row.names.match(written) and not row.others.match(written):
            return row.reads
    return None


@cache
def modules(manager: str) -> tuple[str, ...]:
    """The modules, apart from Python's own and pip's, that a manager written in Python imports."""
    return tuple(_tables()["modules"].get(manager, "").split())


@cache
def home_files() -> Names:
    """The dot files of a home folder in which no install looks for settings."""
    return Names.of(_tables()["home"]["unread"])


@cache
def prefix_files() -> tuple[str, ...]:
    """Settings below the folder that a program is installed in, as paths from there."""
    return tuple(_tables()["prefix"]["files"])


@cache
def system_folders() -> tuple[str, ...]:
    """The folders in which programs look for settings and libraries without being told."""
    return tuple(_tables()["system"]["folders"])


@cache
def unread_places() -> tuple[str, ...]:
    """Folders below those in which no install, and no other program of a build, looks."""
    return tuple(_tables()["system"]["unread"])

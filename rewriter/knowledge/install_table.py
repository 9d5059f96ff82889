"""What an install does with the files that variables, options and settings name: the rows of install_table.toml.

Whatever is not in that table may make the install read the named file, and whatever that one names in turn.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from typing import Any, Literal, get_args

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_text

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


class Replacement(NamedTuple):
    """A variable that makes a manager read another manifest than the usual one."""

    variable: str
    option: str
    """The option in its value after which that manifest is named; "": the value names it."""
    manifest: str
    """The usual one; "." where the variable names a folder."""


class Switch(NamedTuple):
    """A setting that makes an install read other files, without naming them."""

    names: frozenset[str]
    """In lower case, without signs between words."""
    values: Names
    others: Names
    """(`except`) The values that are none of these."""
    needs: tuple[str, ...]
    """File names, with `*`, of which one has to be in the install's folder; none: it always counts."""
    why: str
    """What the install then does: "reads …"."""

    def is_on(self, value: str) -> bool:
        """Whether the setting, with this value, has that effect."""
        return self.values.match(value) and not self.others.match(value)


@cache
def _texts() -> dict[str, list[str]]:
    """The text of each table of the file by its name: a run asks about few, and parsing all takes longer."""
    texts: dict[str, list[str]] = {}
    for part in own_text(_FILE).split("\n[")[1:]:
        name, _, text = part.lstrip("[").partition("]")
        texts.setdefault(name, []).append(text.removeprefix("]"))
    return texts


def _parsed(text: str) -> dict[str, Any]:
    import tomli

    return tomli.loads(text)


@cache
def _table(name: str) -> dict[str, Any]:
    (text,) = _texts()[name]
    return _parsed(text)


def rows() -> tuple[InstallRow, ...]:
    """Every row, in the order of the file."""
    return tuple(map(_row, _texts()["row"]))


@cache
def _rows_of(kind: Kind, of: str) -> tuple[InstallRow, ...]:
    texts = (text for text in _texts()["row"] if f'kind = "{kind}"' in text)
    found = (_row(text) for text in texts if f'"{of}"' in text or "\nof = [" not in text)
    return tuple(row for row in found if not row.of.isdisjoint((of, EVERY)))


@cache
def _row(text: str) -> InstallRow:
    data = _parsed(text)
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
def settings_files(manager: str) -> tuple[SettingsFile, ...]:
    """Every kind of settings file from which a manager takes settings."""
    texts = (text for text in _texts()["settings"] if f'"{manager}"' in text)
    return tuple(kind for kind in map(_settings_file, texts) if manager in kind.of)


def _settings_file(text: str) -> SettingsFile:
    data = _parsed(text)
    return SettingsFile(
        tuple(data["names"]),
        frozenset(data["of"]),
        data.get("above", False),
        data["format"],
        tuple(data.get("section", ())),
    )


@cache
def reads(kind: Kind, of: str, name: str) -> Reads | None:
    """What an install does with a file that `name` refers to; `of`: manager or settings file. None: unknown."""
    written = name.lower() if kind in ("variable", "setting") else name
    for row in _rows_of(kind, of):
        if row.names.match(written) and not row.others.match(written):
            return row.reads
    return None


@cache
def replacements(manager: str) -> tuple[Replacement, ...]:
    """The variables that make a manager read another manifest."""
    rows = (_parsed(text) for text in _texts()["replaces"] if f'"{manager}"' in text)
    return tuple(
        Replacement(row["variable"], row.get("option", ""), row["manifest"]) for row in rows if manager in row["of"]
    )


@cache
def switches(manager: str) -> tuple[Switch, ...]:
    """The settings of a manager that make it read other files, without naming them."""
    rows = (_parsed(text) for text in _texts()["switch"] if f'"{manager}"' in text)
    return tuple(
        Switch(
            frozenset(row["names"]),
            Names.of(row["values"]),
            Names.of(row.get("except", ())),
            tuple(row.get("needs", ())),
            row["why"],
        )
        for row in rows
        if manager in row["of"]
    )


@cache
def modules(manager: str) -> tuple[str, ...]:
    """The modules, apart from Python's own and pip's, that a manager written in Python imports."""
    return tuple(_table("modules").get(manager, "").split())


@cache
def home_files() -> Names:
    """The dot files of a home folder in which no install looks for settings."""
    return Names.of(_table("home")["unread"])


@cache
def prefix_files() -> tuple[str, ...]:
    """Settings below the folder that a program is installed in, as paths from there."""
    return tuple(_table("prefix")["files"])


@cache
def system_folders() -> tuple[str, ...]:
    """The folders in which programs look for settings and libraries without being told."""
    return tuple(_table("system")["folders"])


@cache
def unread_places() -> tuple[str, ...]:
    """Folders below those in which no install, and no other program of a build, looks."""
    return tuple(_table("system")["unread"])


@cache
def unread_settings() -> Names:
    """Files of the system's folders whose paths only servers and accounts use."""
    return Names.of(_table("system")["unread-settings"])


@cache
def login_files() -> Names:
    """What only a login shell or an interactive one reads: whole paths, and names of files in a home."""
    return Names.of(_table("system")["login-files"])


@cache
def started_programs() -> Names:
    """The programs that installs start, apart from those with a row of their own."""
    return Names.of(_table("system")["started"])

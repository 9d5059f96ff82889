"""What runs without looking at an application's files, and where only an application has files: early_steps.toml."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from dfix.rewriter.knowledge.install_table import Names
from dfix.rewriter.knowledge.usage import Option, Usage
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "early_steps.toml")


class NamedInstall(NamedTuple):
    """How package managers install what is named, and look at no file of the current folder."""

    commands: frozenset[str]
    flags: frozenset[str]
    values: frozenset[str]
    """Options with a value that is never a path."""
    settings: tuple[str, ...]
    """How the settings after `-o` begin that name no path, in lower case."""

    def covers(self, used: Usage) -> bool:
        """Whether a command is one of these, with no option but these."""
        given = [word.literal_or_text for word in used.arguments[:2]]
        if not given or not {given[0], " ".join(given)} & self.commands:
            return False
        return all(map(self._covers_option, used.options))

    def _covers_option(self, option: Option) -> bool:
        if option.name in ("-o", "--option"):
            return (option.value or "").lower().startswith(self.settings) if self.settings else False
        if option.value is None:
            return option.name in self.flags
        return option.name in self.values or (option.name in self.flags and option.value in ("true", "false", "1", "2"))


class OwnFolders(NamedTuple):
    """Where only the author has files."""

    system: frozenset[str]
    """Folders at the root that belong to the system."""
    own_below: tuple[str, ...]
    """Folders of the system in which what has another name is the author's own."""
    taken: frozenset[str]
    """Names in those folders that packages or images use."""


@cache
def _table() -> dict[str, Any]:
    return own_table(_TABLE)


@cache
def named_installs() -> dict[str, NamedInstall]:
    """The row of each package manager, by its name."""
    found: dict[str, NamedInstall] = {}
    for row in _table()["install"]:
        commands, flags, values = (frozenset(row[key]) for key in ("commands", "flags", "values"))
        install = NamedInstall(commands, flags, values, tuple(row.get("settings", ())))
        found.update(dict.fromkeys(row["managers"], install))
    return found


@cache
def own_folders() -> OwnFolders:
    """Where only the author has files."""
    table = _table()["folders"]
    return OwnFolders(frozenset(table["system"]), tuple(table["own-below"]), frozenset(table["taken"]))


@cache
def application_variables() -> Names:
    """The variables that name a folder of the application, in lower case."""
    return Names.of(_table()["variables"]["names"])


@cache
def searched_variables() -> Names:
    """The variables by which programs find others, in lower case."""
    return Names.of(_table()["variables"]["searched"])


class VolatileNames(NamedTuple):
    """Build arguments that have another value in every build, in capitals."""

    always: frozenset[str]
    without_default: frozenset[str]
    """Those that do only where the file gives them no default."""


@cache
def volatile_names() -> VolatileNames:
    """The names of build arguments that change with every build."""
    table = _table()["volatile"]
    return VolatileNames(frozenset(table["always"]), frozenset(table["without-default"]))

"""Loading the package managers' .toml files, each once and only when a command's name holds its stem.

A file's stem is a substring of every command name that it describes (`apt` of `apt-get`), so that a Dockerfile
without that text never loads it. The keys of a file are the fields of `Manager`, `Project` and `CleanUp`.
"""

from __future__ import annotations

import os
import re
from functools import cache
from typing import Any, NamedTuple

from dfix.rewriter.knowledge.program_table import ProgramRow, made

_LETTERS = re.compile(r"[A-Za-z]+")
FOLDER = os.path.join(os.path.dirname(__file__), "managers")
SUFFIX = ".toml"


class Project(NamedTuple):
    """How a manager installs a project's own dependencies; there may be several ways.

    `reader` is the module of `context/readers` that tells what such an install reads. `verbs` are the sub-commands that
    do, and `bare` says that the command without one does too; with no verbs there are no sub-commands. With `mentions`,
    one of its words has to hold that text. `everywhere` are the options that install for the whole machine instead,
    `dependencies_only` is the one that leaves the project itself out. With `takes_paths` an operand is a file or folder
    of the project. Where `named_by` holds options, only those or a local path make it a project's install; else it is
    one when no package is named.
    """

    reader: str
    verbs: frozenset[str]
    bare: bool
    everywhere: frozenset[str]
    named_by: frozenset[str]
    takes_paths: bool
    dependencies_only: str
    mentions: str


class Early(NamedTuple):
    """A command that fetches what a build would fetch by itself, to be written in front of it.

    `reader` tells what `command` reads, as in `Project`; `what` is what it fetches, in words. `command` stands
    behind the program's name, and the build is one with a sub-command of `builds` (none named: any; "install
    --path": with that option). After one of `fetches` nothing is left to fetch. `carries` are options that the
    command takes over from the build ("*": all of them), with `operands` its operands too. With an option of
    `elsewhere` the build fetches in another way; so may one for which a variable with a prefix of `variables` is
    set, unless it is of `harmless`. `settings` are variables and what their value must not hold; those of `keeps`
    say where fetched files are kept. Where the context has a file of `brings`, nothing is fetched.
    """

    what: str
    reader: str
    command: str
    builds: frozenset[str]
    fetches: frozenset[str]
    carries: frozenset[str]
    operands: bool
    elsewhere: frozenset[str]
    variables: tuple[str, ...]
    harmless: frozenset[str]
    settings: dict[str, str]
    keeps: tuple[str, ...]
    brings: tuple[str, ...]


class CleanUp(NamedTuple):
    """How a manager's caches are emptied, or kept from being filled.

    `append` is a command for the end of the chain, `flag` an option of the install command; one of both may be "".
    `empties` are the cache folders that the clean-up is about; `done_by` are commands that count as clean-up ("dnf
    clean all"), which fail where there is nothing to clean if `empty_fails`. `fills` are the kinds of sub-commands that
    fill the caches, but not with an option of `uncached` or a variable of `off`. `moved_by` are options and variables
    that put the cache elsewhere; `-o=Dir::` is the option with a value that begins so.

    With `lists`, an install in a later RUN fails once the lists of an earlier update are gone, unless it has an option
    of `refreshes`; so does one of the programs of `needed_by`. `offline` are options that make an install depend on a
    filled cache. `too_old` are images whose manager has no such flag. `flag_changes` are those on which the flag
    changes more than the cache, so that `append` is used there, and `old_packages` packages that bring such a
    manager; of several patterns that fit an image the last decides, and one with `!` in front takes back.
    """

    append: str
    flag: str
    empties: tuple[str, ...]
    uncached: frozenset[str]
    fills: frozenset[str]
    lists: bool
    done_by: tuple[str, ...]
    off: frozenset[str]
    moved_by: frozenset[str]
    offline: frozenset[str]
    refreshes: frozenset[str]
    empty_fails: bool
    needed_by: frozenset[str]
    too_old: tuple[str, ...]
    flag_changes: tuple[str, ...]
    old_packages: tuple[str, ...]


class Manager(NamedTuple):
    """A package manager. `caches` are folders, where `~` stands for the home of the user in force.

    `verbs` maps sub-commands to what they do: "update" (of the lists of packages), "install", "query" (of the
    lists), "remove" or "clean". `values` are the options that take the next word as their value, `asks` those that
    only print. `outputs` are folders that it, or a build with it, makes beside a file with a name of `outputs_beside`.

    `system` says that it is a distribution's: it installs named packages for the whole machine. Its settings are in
    the folders of `settings_at`, and are read by all managers with the same `family` too. With `one_folder`, the
    programs of its packages are in one folder. Whichever of two programs with a name of `same` is found, it does the
    same. `virtual` are options that give the packages of one install a name.
    `rows` say what sub-commands do with files, in the manner of the table of programs.
    """

    name: str
    source: str
    commands: frozenset[str]
    module: str
    versioned: bool
    verbs: dict[str, str]
    values: frozenset[str]
    asks: frozenset[str]
    manifests: tuple[str, ...]
    locks: tuple[str, ...]
    caches: tuple[str, ...]
    projects: tuple[Project, ...]
    early: Early | None
    outputs: tuple[str, ...]
    outputs_beside: tuple[str, ...]
    clean_up: CleanUp | None
    system: bool
    settings_at: tuple[str, ...]
    one_folder: bool
    same: frozenset[str]
    family: str
    virtual: frozenset[str]
    rows: dict[str, ProgramRow]


@cache
def stems() -> tuple[str, ...]:
    """The stem of each file."""
    return tuple(sorted(name[: -len(SUFFIX)] for name in os.listdir(FOLDER) if name.endswith(SUFFIX)))


@cache
def load(stem: str) -> Manager:
    """The package manager that `stem`.toml describes."""
    import tomllib

    with open(os.path.join(FOLDER, stem + SUFFIX), "rb") as file:
        data = tomllib.load(file)
    caches = tuple(data.get("caches", ()))
    verbs = {word: kind for kind, words in data["verbs"].items() for word in words}
    return Manager(
        name=stem,
        source=data["source"],
        commands=frozenset(data["commands"]),
        module=data.get("module", ""),
        versioned=data.get("versioned", False),
        verbs=verbs,
        values=frozenset(data.get("values", ())),
        asks=frozenset(data.get("asks", ())),
        manifests=tuple(data.get("manifests", ())),
        locks=tuple(data.get("locks", ())),
        caches=caches,
        projects=tuple(map(_project, data.get("project", ()))),
        early=_early(data["early"]) if "early" in data else None,
        outputs=tuple(data.get("outputs", {}).get("folders", ())),
        outputs_beside=tuple(data.get("outputs", {}).get("beside", ())),
        clean_up=_clean_up(data["clean-up"], caches) if "clean-up" in data else None,
        system=data.get("system", False),
        settings_at=tuple(data.get("settings-at", ())),
        one_folder=data.get("one-folder", False),
        same=frozenset(data.get("same", ())),
        family=data.get("family", stem),
        virtual=frozenset(data.get("virtual", ())),
        rows={name: row for row in (made(item, stem) for item in data.get("command", ())) for name in row.names},
    )


@cache
def _texts() -> dict[str, str]:
    """The text of each file: what every Dockerfile asks is found there without parsing them all."""
    found = {}
    for stem in stems():
        with open(os.path.join(FOLDER, stem + SUFFIX), encoding="utf-8") as file:
            found[stem] = file.read()
    return found


def is_named(table: str, script: str) -> bool:
    """Whether a script names a command of a manager whose file has such a table ("project", "early").

    Most scripts name none, and need no reading.
    """
    return not _named_with(table).isdisjoint(_LETTERS.findall(script))


@cache
def _named_with(table: str) -> frozenset[str]:
    """The letters at the start of those names: "pip" of pip3 and pip-sync."""
    texts = (text for text in _texts().values() if f"[{table}]" in text)
    return frozenset(_LETTERS.findall(name)[0] for text in texts for name in _words(text, "commands"))


def _words(text: str, key: str) -> list[str]:
    """The words of a key that is written on one line."""
    at = text.find(f"\n{key} = ")
    return text[at : text.find("\n", at + 1)].split('"')[1::2] if at >= 0 else []


@cache
def settings_folders() -> tuple[tuple[str, str], ...]:
    """The folders of the system package managers' settings, with the manager's name."""
    return tuple((folder, stem) for stem, text in _texts().items() for folder in _words(text, "settings-at"))


def managers() -> tuple[Manager, ...]:
    """Every package manager that is known, by name."""
    return tuple(load(stem) for stem in stems())


@cache
def named(program: str) -> Manager | None:
    """The manager that a program's name belongs to: "pip3.11" is pip."""
    for stem in stems():
        if stem in program:
            manager = load(stem)
            if program in manager.commands:
                return manager
            if manager.versioned and program.rstrip("0123456789.") in manager.commands:
                return manager
    return None


def _project(data: dict[str, Any]) -> Project:
    return Project(
        reader=data["reader"],
        verbs=frozenset(data.get("verbs", ())),
        bare=data.get("bare", False),
        everywhere=frozenset(data.get("everywhere", ())),
        named_by=frozenset(data.get("named-by", ())),
        takes_paths=data.get("takes-paths", False),
        dependencies_only=data.get("dependencies-only", ""),
        mentions=data.get("mentions", ""),
    )


def _early(data: dict[str, Any]) -> Early:
    return Early(
        what=data["what"],
        reader=data["reader"],
        command=data["command"],
        builds=frozenset(data.get("builds", ())),
        fetches=frozenset(data.get("fetches", ())),
        carries=frozenset(data.get("carries", ())),
        operands=data.get("operands", False),
        elsewhere=frozenset(data.get("elsewhere", ())),
        variables=tuple(data.get("variables", ())),
        harmless=frozenset(data.get("harmless", ())),
        settings=data.get("settings", {}),
        keeps=tuple(data.get("keeps", ())),
        brings=tuple(data.get("brings", ())),
    )


def _clean_up(data: dict[str, Any], caches: tuple[str, ...]) -> CleanUp:
    return CleanUp(
        append=data.get("append", ""),
        flag=data.get("flag", ""),
        empties=tuple(data.get("empties", caches)),
        uncached=frozenset(data.get("uncached", ())),
        fills=frozenset(data["fills"]),
        lists=data.get("lists", False),
        done_by=tuple(data.get("done-by", ())),
        off=frozenset(data.get("off", ())),
        moved_by=frozenset(data.get("moved-by", ())),
        offline=frozenset(data.get("offline", ())),
        refreshes=frozenset(data.get("refreshes", ())),
        empty_fails=data.get("empty-fails", False),
        needed_by=frozenset(data.get("needed-by", ())),
        too_old=tuple(data.get("too-old", ())),
        flag_changes=tuple(data.get("flag-changes", ())),
        old_packages=tuple(data.get("old-packages", ())),
    )

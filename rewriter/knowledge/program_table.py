"""The table of programs: what each does with its words, what it costs, what it leaves behind.

`programs/*.toml` hold the rows, grouped by subject. A row is found by its text first and parsed only when one of its
programs is asked for, because most Dockerfiles use a dozen of some three hundred. docs/effects.md explains a row.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal, NamedTuple, get_args

FOLDER = os.path.join(os.path.dirname(__file__), "programs")
SUFFIX = ".toml"
_BEGIN = "[[program]]\n"

Cost = Literal["nothing", "quick", "light", "slow"]
Operands = Literal["anything", "text", "words", "packages", "names", "reads", "writes", "to-last", "leading", "urls"]
Leaves = Literal["shell", "account", "process", "kernel", "settings"]
Kind = Literal[
    "account",
    "asks",
    "built-in",
    "debian",
    "everywhere",
    "feeds",
    "folder",
    "hard-links",
    "make",
    "mentions",
    "moves",
    "owner",
    "places",
    "plain",
    "prints",
    "replaces",
    "same",
    "shell",
    "sources",
    "tests",
    "unpacks",
]


class RowError(ValueError):
    """A row that cannot be used; the text names the file or program, and what is wrong."""


class ProgramRow(NamedTuple):
    """What a program, or one of its sub-commands ("git config"), does."""

    names: tuple[str, ...]
    """Each is a program, or a program and the words that follow it."""
    operands: Operands
    """What the words that are not options mean; "anything" where the row says nothing about reading and writing.

    "text" is never a path, "words" is one only where it is absolute, "packages" also where it looks like a file;
    "names" are packages of a language, and one that looks like a file may be anything.
    "reads" and "writes" are paths. With "to-last" the last is written and the others are read, with "leading" only
    those before the first option count; "urls" are addresses.
    """
    skip: int
    """How many operands at the start are text."""
    skip_unless: frozenset[str]
    """Options with which no operand is skipped, because they hold what it would have said."""
    skip_with: frozenset[str]
    """Options of which one has to be given for operands to be skipped; none named: they always are."""
    script: str
    """The language of what is skipped ("sed"), where it could name files itself."""
    bundled: bool
    """Whether the first word may be options without their dash (`tar xzf`)."""
    flags: frozenset[str] | None
    """The options without a value with which the row holds; with another one it may do anything. None: all options."""
    values: frozenset[str]
    """Options that take the next word, which is text."""
    read_options: frozenset[str]
    """Options that take a path that is read."""
    write_options: frozenset[str]
    """Options that take a path that is written."""
    requires: frozenset[str]
    """Without one of these options it may do anything."""
    unless: frozenset[str]
    """With one of these options it may do anything."""
    reads: tuple[str, ...]
    """What it reads besides: absolute paths, `~/…` below the user's home, "." for the folder it runs in."""
    writes: tuple[str, ...]
    """What it writes besides."""
    looks_at: tuple[str, ...]
    """What it reads although that makes no difference to what it does, other than that it may fail there."""
    default: str
    """The path that it reads where it is given no operand; of one that only prints, where its output is kept."""
    writes_without: str
    """The path that it writes where none of `write_options` is given."""
    variables: tuple[str, ...]
    """Variables with which it may do anything, where ENV or the command sets them."""
    imports: Literal["", "path", "here"]
    """Where it looks for Python modules: in the folders of PYTHONPATH, and "here" in the one that it runs in too."""
    network: bool
    leaves: frozenset[Leaves]
    cost: Cost
    costs: dict[str, Cost]
    """What it costs with an option."""
    prepares: str
    """The package manager whose settings it changes."""
    prepares_with: dict[str, str]
    """The package manager whose settings it changes with an option."""
    repository_package: str
    """What the name of a package file holds that brings nothing but a repository's settings."""
    kinds: frozenset[Kind]
    source: str
    proven: Literal["engine", "documentation"]
    sample: str
    """A command that shows what the row says; `{}` stands for each of `names` in turn."""
    setup: str
    """What has to be run before the sample."""
    packages: tuple[str, ...]
    """The Debian packages that bring it, for the sample."""
    base: str
    """The base image of the tests that has it (tests/engine/bases.py), for the sample."""
    since: str
    """The day on which the row's paths were first believed; "" for those of the first table."""


_KEYS = frozenset(ProgramRow._fields)
_PAIRED = {
    "operands": Operands,
    "imports": Literal["", "path", "here"],
    "cost": Cost,
    "proven": Literal["engine", "documentation"],
}


def row(name: str) -> ProgramRow | None:
    """The row of a program, or of a program and its sub-command ("git config"); None for one that is not known."""
    text = _texts().get(name)
    return None if text is None else _parsed(text)


def every_row() -> tuple[tuple[str, ProgramRow], ...]:
    """Each row with the name of its file. Raises RowError for the first that is wrong."""
    import tomllib

    found = []
    for file in _files():
        try:
            data = tomllib.loads(_read(file))
        except tomllib.TOMLDecodeError as error:
            raise RowError(f"{file}: {error}") from error
        if set(data) != {"program"}:
            raise RowError(f"{file}: holds something other than [[program]]")
        found += [(file, made(item, file)) for item in data["program"]]
    return tuple(found)


def made(data: dict[str, Any], where: str) -> ProgramRow:
    """The row that a table of a .toml describes. Raises RowError with `where` in its text."""
    data = {key.replace("-", "_"): value for key, value in data.items()}
    names = tuple(data.get("names", ()))
    where = f"{where}: {', '.join(names) or 'a row without names'}"
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise RowError(f"{where}: unknown key {unknown[0].replace('_', '-')}")
    if not names or not data.get("source"):
        raise RowError(f"{where}: names and source are needed")
    for key, allowed in _PAIRED.items():
        if key in data and data[key] not in get_args(allowed):
            raise RowError(f"{where}: {key} = {data[key]!r} is none of {', '.join(get_args(allowed))}")
    for key, words in (("leaves", Leaves), ("kinds", Kind)):
        strange = sorted(set(data.get(key, ())) - set(get_args(words)))
        if strange:
            raise RowError(f"{where}: {key} = {strange[0]!r} is none of {', '.join(get_args(words))}")
    if data.get("proven") == "engine" and not data.get("sample"):
        raise RowError(f"{where}: proven by an engine, but without a sample")
    return _row(data)


def _row(data: dict[str, Any]) -> ProgramRow:
    def words(key: str) -> frozenset[str]:
        return frozenset(data.get(key, ()))

    return ProgramRow(
        names=tuple(data["names"]),
        operands=data.get("operands", "anything"),
        skip=data.get("skip", 0),
        skip_unless=words("skip_unless"),
        skip_with=words("skip_with"),
        script=data.get("script", ""),
        bundled=data.get("bundled", False),
        flags=words("flags") if "flags" in data else None,
        values=words("values"),
        read_options=words("read_options"),
        write_options=words("write_options"),
        requires=words("requires"),
        unless=words("unless"),
        reads=tuple(data.get("reads", ())),
        writes=tuple(data.get("writes", ())),
        looks_at=tuple(data.get("looks_at", ())),
        default=data.get("default", ""),
        writes_without=data.get("writes_without", ""),
        variables=tuple(data.get("variables", ())),
        imports=data.get("imports", ""),
        network=data.get("network", False),
        leaves=words("leaves"),  # type: ignore[arg-type]
        cost=data.get("cost", "slow"),
        costs=data.get("costs", {}),
        prepares=data.get("prepares", ""),
        prepares_with=data.get("prepares_with", {}),
        repository_package=data.get("repository_package", ""),
        kinds=words("kinds"),  # type: ignore[arg-type]
        source=data["source"],
        proven=data.get("proven", "documentation"),
        sample=data.get("sample", ""),
        setup=data.get("setup", ""),
        packages=tuple(data.get("packages", ())),
        base=data.get("base", "debian"),
        since=data.get("since", ""),
    )


def of_kind(kind: Kind) -> frozenset[str]:
    """The names of the programs of a kind."""
    return _kinds().get(kind, frozenset())


@cache
def _kinds() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for name, text in _texts().items():
        at = text.find("\nkinds = [")
        if at >= 0:
            for kind in text[at : text.index("]", at + len("\nkinds = ["))].split('"')[1::2]:
                found.setdefault(kind, set()).add(name)
    return {kind: frozenset(names) for kind, names in found.items()}


@cache
def _texts() -> dict[str, str]:
    """The text of each program's row. `names` is the first key of every row."""
    found = {}
    for file in _files():
        for text in _read(file).split(_BEGIN)[1:]:
            for name in text[text.index("[") : text.index("]\n")].split('"')[1::2]:
                found[name] = text
    return found


@cache
def _parsed(text: str) -> ProgramRow:
    import tomllib

    return made(tomllib.loads(text), "knowledge/programs")


def _files() -> list[str]:
    return sorted(name for name in os.listdir(FOLDER) if name.endswith(SUFFIX))


def _read(file: str) -> str:
    with open(os.path.join(FOLDER, file), encoding="utf-8") as opened:
        return opened.read()

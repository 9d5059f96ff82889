"""The table of programs: what each does with its words, what it costs, what it leaves behind.

`programs/*.toml` contain the rows, grouped by subject. A row is parsed only when one of its programs is asked for,
because most Dockerfiles use a dozen of some three hundred. docs/effects.md explains a row.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any, Literal, get_args

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_text, row_texts

FOLDER = os.path.join(os.path.dirname(__file__), "programs")
SUFFIX = ".toml"
_BEGIN = "[[program]]\n"

Cost = Literal["nothing", "quick", "light", "slow"]
Operands = Literal[
    "anything", "text", "words", "packages", "names", "reads", "writes", "to-last", "leading", "urls", "from-url"
]
Leaves = Literal["shell", "account", "process", "kernel", "settings"]
Kind = Literal[
    "account",
    "adds-accounts",
    "asks",
    "built-in",
    "copies",
    "debian",
    "downloads",
    "entries",
    "everywhere",
    "fact",
    "feeds",
    "folder",
    "frees",
    "hard-links",
    "installer",
    "interpreter",
    "make",
    "mentions",
    "moves",
    "no-startup",
    "owner",
    "places",
    "plain",
    "prints",
    "removes",
    "replaces",
    "same",
    "shell",
    "sources",
    "tests",
    "tool",
    "unpacks",
    "whole-folders",
]


class RowError(ValueError):
    """A row with a mistake; the text names the file or program, and the mistake."""


class ProgramRow(NamedTuple):
    """What a program, or one of its sub-commands ("git config"), does."""

    names: tuple[str, ...]
    """Each is a program, or a program and the words that follow it."""
    operands: Operands
    """What the words that are not options mean; "anything" when the row does not say what is read and written.

    "text" is never a path, "words" are paths only when absolute, "packages" also when they look like a file;
    "names" are packages of a language, and one that looks like a file may be anything.
    "reads" and "writes" are paths. With "to-last" the last is written and the others are read, with "leading" only
    those before the first option count; "urls" are addresses; with "from-url" the first is, and the next is a folder
    that is written (below the current folder without it).
    """
    may_be_files: bool
    """Whether a file in the current folder goes before a package of that name."""
    skip: int
    """How many operands at the start are text."""
    skip_unless: frozenset[str]
    """Options with which no operand is skipped, because they bring the text themselves: `sed -e`."""
    skip_with: frozenset[str]
    """Options one of which is needed for operands to be skipped; none: they are always skipped."""
    script: str
    """The language of the skipped text ("sed") if it could name files itself."""
    bundled: bool
    """Whether the first word may be options without their dash (`tar xzf`)."""
    flags: frozenset[str] | None
    """The options without a value that the row covers; with any other it may do anything. None: all options."""
    ends_word: frozenset[str]
    """Flags whose value may follow in the same word, so that the row covers them only at its end: `sed -ie`."""
    values: frozenset[str]
    """Options whose value is text, and not a path."""
    read_options: frozenset[str]
    """Options whose value is a path that is read."""
    write_options: frozenset[str]
    """Options whose value is a path that is written."""
    writes_with: frozenset[str]
    """Options with which all operands are written; without them, those of a row with "leading" are only read."""
    requires: frozenset[str]
    """Without one of these options it may do anything."""
    unless: frozenset[str]
    """With one of these options it may do anything."""
    reads: tuple[str, ...]
    """What it also reads: absolute paths, `~/…` in the user's home, "." for the current folder."""
    writes: tuple[str, ...]
    """What it also writes."""
    looks_at: tuple[str, ...]
    """What it reads without doing anything differently, except that it may fail on it."""
    default: tuple[str, ...]
    """The paths that it reads when there is no operand; a program that only prints must also be redirected or piped."""
    writes_without: str
    """The path that it writes when none of `write_options` is given."""
    renamed_by: str
    """The option whose value is the name of that file instead; "" for none."""
    variables: tuple[str, ...]
    """Variables with which it may do anything, if ENV or the command sets them."""
    endings: tuple[str, ...]
    """What it adds to an operand that it doesn't find: `unzip data` reads data.zip."""
    stands_for: str
    """A character that stands for another text in the value of `write_options`: `curl -o '#1'`."""
    runs: tuple[str, ...]
    """The files of the current folder whose commands it runs without being told: "Makefile"."""
    imports: Literal["", "path", "here"]
    """Where it looks for Python modules: "path" in the folders of PYTHONPATH, "here" in the current folder too."""
    network: bool
    leaves: frozenset[Leaves]
    cost: Cost
    costs: dict[str, Cost]
    """What it costs with an option, where that differs from `cost`."""
    prepares: str
    """The package manager whose settings it changes."""
    prepares_with: dict[str, str]
    """The package manager whose settings it changes with an option."""
    repository_package: str
    """A text in the names of package files that only contain a repository's settings: "epel-release"."""
    kinds: frozenset[Kind]
    source: str
    proven: Literal["engine", "documentation"]
    sample: str
    """A command that shows what the row says; `{}` stands for each of `names` in turn."""
    setup: str
    """A command to run before the sample."""
    packages: tuple[str, ...]
    """The Debian packages that the sample needs."""
    base: str
    """The tests' base image that the sample runs in (tests/engine/bases.py)."""
    since: str
    """The day on which the row's paths were added; "" for the first table."""


_KEYS = frozenset(ProgramRow._fields)
_PAIRED = {
    "operands": Operands,
    "imports": Literal["", "path", "here"],
    "cost": Cost,
    "proven": Literal["engine", "documentation"],
}


def row(name: str) -> ProgramRow | None:
    """The row of a program, or of a program and its sub-command ("git config"); None if it is unknown."""
    text = _texts().get(name)
    return None if text is None else _parsed(text)


def every_row() -> tuple[tuple[str, ProgramRow], ...]:
    """Each row with the name of its file. Raises RowError for the first one with a mistake."""
    import tomli

    rows: list[tuple[str, ProgramRow]] = []
    for file in _files():
        try:
            data = tomli.loads(_read(file))
        except tomli.TOMLDecodeError as error:
            raise RowError(f"{file}: {error}") from error
        if set(data) != {"program"}:
            raise RowError(f"{file}: contains something other than [[program]]")
        rows += [(file, parse_row(table, file)) for table in data["program"]]
    return tuple(rows)


def parse_row(data: dict[str, Any], where: str) -> ProgramRow:
    """The row that a parsed TOML table describes. Raises RowError, whose text begins with `where`."""
    data = {key.replace("-", "_"): value for key, value in data.items()}
    names = tuple(data.get("names", ()))
    where = f"{where}: {', '.join(names) or 'a row without names'}"
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise RowError(f"{where}: unknown key {unknown[0].replace('_', '-')}")
    if not names or not data.get("source"):
        raise RowError(f"{where}: names and source are required")
    for key, allowed in _PAIRED.items():
        if key in data and data[key] not in get_args(allowed):
            raise RowError(f"{where}: {key} = {data[key]!r} is not one of {', '.join(get_args(allowed))}")
    for key, words in (("leaves", Leaves), ("kinds", Kind)):
        invalid = sorted(set(data.get(key, ())) - set(get_args(words)))
        if invalid:
            raise RowError(f"{where}: {key} = {invalid[0]!r} is not one of {', '.join(get_args(words))}")
    if data.get("proven") == "engine" and not data.get("sample"):
        raise RowError(f"{where}: proven by an engine, but has no sample")
    return _row(data)


def _row(data: dict[str, Any]) -> ProgramRow:
    def words(key: str) -> frozenset[str]:
        return frozenset(data.get(key, ()))

    return ProgramRow(
        names=tuple(data["names"]),
        operands=data.get("operands", "anything"),
        may_be_files=data.get("may_be_files", False),
        skip=data.get("skip", 0),
        skip_unless=words("skip_unless"),
        skip_with=words("skip_with"),
        script=data.get("script", ""),
        bundled=data.get("bundled", False),
        flags=words("flags") if "flags" in data else None,
        ends_word=words("ends_word"),
        values=words("values"),
        read_options=words("read_options"),
        write_options=words("write_options"),
        writes_with=words("writes_with"),
        requires=words("requires"),
        unless=words("unless"),
        reads=tuple(data.get("reads", ())),
        writes=tuple(data.get("writes", ())),
        looks_at=tuple(data.get("looks_at", ())),
        default=tuple(data.get("default", ())),
        writes_without=data.get("writes_without", ""),
        renamed_by=data.get("renamed_by", ""),
        variables=tuple(data.get("variables", ())),
        endings=tuple(data.get("endings", ())),
        stands_for=data.get("stands_for", ""),
        runs=tuple(data.get("runs", ())),
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


@cache
def of_kind(kind: Kind) -> frozenset[str]:
    """The programs whose row lists a kind."""
    return _kinds().get(kind, frozenset())


def interprets(program: str) -> bool:
    """Whether a program runs a file of its language that it is given: `python3`, `php8.2`."""
    name = program.rstrip("0123456789.")
    return name == "python" or not of_kind("interpreter").isdisjoint((program, name))


@cache
def _kinds() -> dict[str, frozenset[str]]:
    programs: dict[str, set[str]] = {}
    for name, text in _texts().items():
        at = text.find("\nkinds = [")
        if at >= 0:
            for kind in text[at : text.index("]", at + len("\nkinds = ["))].split('"')[1::2]:
                programs.setdefault(kind, set()).add(name)
    return {kind: frozenset(names) for kind, names in programs.items()}


@cache
def _texts() -> dict[str, str]:
    return {name: text for file in _files() for name, text in row_texts(_read(file), _BEGIN).items()}


@cache
def _parsed(text: str) -> ProgramRow:
    import tomli

    return parse_row(tomli.loads(text), "knowledge/programs")


def _files() -> list[str]:
    return sorted(name for name in os.listdir(FOLDER) if name.endswith(SUFFIX))


def _read(file: str) -> str:
    return own_text(FOLDER, file)

"""Files of a project that build tools run without being given their names: build_files.toml as records."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "build_files.toml")


class BuildTool(NamedTuple):
    """A tool that runs files of a project."""

    programs: frozenset[str]
    subcommands: frozenset[str]
    """Those that read the files; empty: all of them."""
    exceptions: frozenset[str]
    """(`except`) Sub-commands that do not, where all others do."""
    files: tuple[str, ...]
    """Patterns for the names of the files."""
    lines: str
    """What the lines begin with that are run; "" for all."""
    follows: bool
    """Whether the files that they name count as well, as those of `lines`, `scripts` and `called` do."""
    scripts: str
    """Which scripts of a package.json are run: "named" for those that the words of the command name, "all", or ""."""
    hooks: tuple[str, ...]
    """Scripts that it runs without being given their names."""
    called: tuple[str, ...]
    """Patterns for the ends of paths that a word of the command names: `bin/{word}`."""
    sources: tuple[str, ...]
    """Patterns for the names of source files of the project whose code it may run."""


class NamingFile(NamedTuple):
    """Files that give a program of the project its name, and the code that it runs."""

    files: tuple[str, ...]
    """Patterns for the names of the files."""
    sources: tuple[str, ...]


def build_tools(program: str, arguments: Sequence[str]) -> tuple[BuildTool, ...]:
    """The tools that a command may be, if they read files of the project; `program` has no folder."""
    tools = _tools().get(program, ())
    if not tools:
        return ()
    given = {argument.partition("=")[0] for argument in arguments}
    first = next((argument for argument in arguments if argument[:1] not in ("-", "+")), "")
    return tuple(
        tool
        for tool in tools
        if (not tool.subcommands or not tool.subcommands.isdisjoint(given)) and first not in tool.exceptions
    )


@cache
def naming_files() -> tuple[NamingFile, ...]:
    """The manifests by which a project names programs of its own."""
    return tuple(NamingFile(tuple(row["files"]), tuple(row["sources"])) for row in own_table(_TABLE)["manifest"])


@cache
def _tools() -> dict[str, tuple[BuildTool, ...]]:
    by_program: dict[str, tuple[BuildTool, ...]] = {}
    for row in own_table(_TABLE)["tool"]:
        tool = BuildTool(
            frozenset(row["programs"]),
            frozenset(row.get("subcommands", ())),
            frozenset(row.get("except", ())),
            tuple(row.get("files", ())),
            row.get("lines", ""),
            row.get("follows", False),
            row.get("scripts", ""),
            tuple(row.get("hooks", ())),
            tuple(row.get("called", ())),
            tuple(row.get("sources", ())),
        )
        for program in tool.programs:
            by_program[program] = (*by_program.get(program, ()), tool)
    return by_program

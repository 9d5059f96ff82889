"""Files of a project that build tools run without being given their names: build_files.toml as records."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "build_files.toml")


class BuildTool(NamedTuple):
    """A tool that runs files of a project."""

    programs: frozenset[str]
    subcommands: frozenset[str]
    """Those that read the files; empty: all of them."""
    files: tuple[str, ...]
    """Patterns for the names of the files."""
    lines: str
    """What the lines begin with that are run; "" for all."""


def build_tool(program: str, arguments: Sequence[str]) -> BuildTool | None:
    """The tool that a command runs, if it reads files of the project; `program` has no folder."""
    tool = _tools().get(program)
    if tool is None or (tool.subcommands and tool.subcommands.isdisjoint(arguments)):
        return None
    return tool


@cache
def _tools() -> dict[str, BuildTool]:
    rows = own_table(_TABLE)["tool"]
    tools = (
        BuildTool(
            frozenset(row["programs"]), frozenset(row.get("subcommands", ())), tuple(row["files"]), row.get("lines", "")
        )
        for row in rows
    )
    return {program: tool for tool in tools for program in tool.programs}

"""The table of tools that read the git history."""

from __future__ import annotations

import datetime
import tomllib
from pathlib import Path

import pytest

import dfix.rewriter.knowledge
from dfix.rewriter.knowledge.git_tools import git_tools

ROWS = tomllib.loads((Path(dfix.rewriter.knowledge.__file__).parent / "git_tools.toml").read_text("utf-8"))


@pytest.mark.parametrize("key", ["definitions", "names", "commands", "stamps"])
def test_each_row_has_a_source_and_a_date(key: str) -> None:
    assert all(row["source"].startswith("https://") and isinstance(row["date"], datetime.date) for row in ROWS[key])


def test_names_are_listed_once_and_in_lower_case() -> None:
    table = git_tools()
    for listed in (table.names, table.definitions, table.commands):
        assert len(set(listed)) == len(listed)
    assert all(name == name.lower() for name in (*table.names, *table.harmless))


def test_a_command_that_stamps() -> None:
    assert git_tools().stamps["go", "build"].without == ("-buildvcs=false",)
    assert git_tools().stamps["dotnet", "publish"].since == 8
    assert ("cargo", "build") not in git_tools().stamps

"""What slow programs do."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import dfix.rewriter.knowledge
from dfix.rewriter.knowledge.slow_work import slow_work


def test_each_name_is_a_program_or_a_sub_command() -> None:
    work = slow_work()
    assert set(work.values()) == {"downloads", "compiles"}
    assert all(len(name.split()) in (1, 2) for name in work)
    assert (work["git clone"], work["make"]) == ("downloads", "compiles")


@pytest.mark.parametrize("name", ["slow_work", "project_programs"])
def test_each_row_has_a_source_and_says_if_it_was_not_read(name: str) -> None:
    table = tomllib.loads((Path(dfix.rewriter.knowledge.__file__).parent / f"{name}.toml").read_text("utf-8"))
    rows = [row for value in table.values() for row in (value if isinstance(value, list) else [value])]
    assert rows
    assert all(re.fullmatch(r"https://\S+(?: \(not opened\))?", row["source"]) for row in rows)

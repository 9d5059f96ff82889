"""The inputs of docs/security.md: what the page says of dfix holds at each commit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from security_inputs import GROUPS, SECRET, Input, make

from tests.hostile.guarded import guarded
from tests.processor import allowed

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/security.md").read_text(encoding="utf-8")
RULES = "split-manifests,merge-runs,clean-up,dockerignore,multistage,slim-base"
MOST_CPU = 6.0
INPUTS = {one.name: one for group in GROUPS for one in group.inputs}


def test_names_are_unique() -> None:
    assert len(INPUTS) == sum(len(group.inputs) for group in GROUPS)


@pytest.mark.parametrize("one", INPUTS.values(), ids=INPUTS)
def test_an_input(tmp_path: Path, one: Input) -> None:
    root = make(one, tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "far").iterdir()}
    words = ["--write" if one.writes else "--explain", "--unsafe", "--select", RULES, "."]
    ended = guarded(words, root, environment={"GITHUB_TOKEN": SECRET})
    assert ended.status in (0, 1, 2)
    assert ended.cpu < allowed(MOST_CPU)
    assert SECRET not in ended.said
    assert "internal error" not in ended.said
    assert not one.shows or one.shows not in f"\n{ended.said}"
    assert not one.reads or one.reads not in ended.said
    assert {path: path.read_bytes() for path in before} == before


def test_the_page_has_a_row_for_each_and_nothing_bad_of_dfix() -> None:
    rows = re.findall(r"^\| (.+?) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
    dfix = {name: answer for name, answer, _, _ in rows if name != "input" and not name.startswith("---")}
    assert set(dfix) <= set(INPUTS)
    assert [name for name, answer in dfix.items() if "**" in answer] == []

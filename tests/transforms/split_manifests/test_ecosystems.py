"""Whole files for each ecosystem: what is split, what is refused and why, what is passed over in silence."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from tests.build_context import rewritten

FOLDER = Path(__file__).parent / "ecosystems"
SHAPES = Path(__file__).parent / "shapes.toml"
TABLES = {
    path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in (*sorted(FOLDER.glob("*.toml")), SHAPES)
}


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(table.get("files", {}), case, id=f"{name}: {case['name']}")
        for name, table in TABLES.items()
        for case in table.get(kind, ())
    ]


def split(folder: Path, shared: dict[str, str], case: dict[str, Any], text: str) -> Result:
    files = {path: content for path, content in shared.items() if path not in case.get("without", ())}
    options = Options(select=frozenset(("split-manifests",)), context=str(folder))
    return rewritten(folder, {**files, **case.get("files", {})}, text, options)


@pytest.mark.parametrize(("shared", "case"), cases("split"))
def test_split(tmp_path: Path, shared: dict[str, str], case: dict[str, Any]) -> None:
    before, after = case["before"].lstrip("\n"), case["after"].lstrip("\n")
    assert before != after
    result = split(tmp_path, shared, case, before)
    assert result.after.text == after, [refusal.reason for refusal in result.refusals]
    again = split(tmp_path, shared, case, after)
    assert again.after.text == after


@pytest.mark.parametrize(("shared", "case"), cases("refused"))
def test_refused(tmp_path: Path, shared: dict[str, str], case: dict[str, Any]) -> None:
    before = case["before"].lstrip("\n")
    result = split(tmp_path, shared, case, before)
    assert result.after.text == before
    assert [refusal.reason for refusal in result.refusals if case["because"] in refusal.reason], result.refusals


@pytest.mark.parametrize(("shared", "case"), cases("silent"))
def test_nothing_to_say(tmp_path: Path, shared: dict[str, str], case: dict[str, Any]) -> None:
    before = case["before"].lstrip("\n")
    result = split(tmp_path, shared, case, before)
    assert (result.after.text, result.refusals) == (before, ())


@pytest.mark.parametrize("name", TABLES)
def test_there_are_examples_of_both_kinds(name: str) -> None:
    assert len(TABLES[name]["split"]) >= 3
    assert len(TABLES[name]["refused"]) >= 3

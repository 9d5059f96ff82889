"""Whole files for each language: what is parted in two stages, what is refused and why, what is passed over."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from tests.build_context import rewritten

FOLDER = Path(__file__).parent / "languages"
TABLES = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.glob("*.toml"))}
LANGUAGES = {"go", "rust", "c", "maven", "gradle", "dotnet", "node", "python", "php", "ruby", "elixir"}


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(table.get("files", {}), case, id=f"{name}: {case['name']}")
        for name, table in TABLES.items()
        for case in table.get(kind, ())
    ]


def parted(folder: Path, shared: dict[str, str], case: dict[str, Any], text: str) -> Result:
    files = {path: content for path, content in shared.items() if path not in case.get("without", ())}
    options = Options(select=frozenset(("multistage",)), unsafe=True, context=str(folder))
    return rewritten(folder, {**files, **case.get("files", {})}, text, options)


@pytest.mark.parametrize(("shared", "case"), cases("converted"))
def test_converted(tmp_path: Path, shared: dict[str, str], case: dict[str, Any]) -> None:
    before, after = case["before"].lstrip("\n"), case["after"].lstrip("\n")
    assert before != after
    result = parted(tmp_path, shared, case, before)
    assert result.after.text == after, [refusal.reason for refusal in result.refusals]
    assert [change.contract for change in result.changes] == ["changed-image"]
    assert parted(tmp_path, shared, case, after).after.text == after


@pytest.mark.parametrize(("shared", "case"), cases("refused"))
def test_refused(tmp_path: Path, shared: dict[str, str], case: dict[str, Any]) -> None:
    before = case["before"].lstrip("\n")
    result = parted(tmp_path, shared, case, before)
    assert result.after.text == before
    assert any(case["because"] in refusal.reason for refusal in result.refusals), result.refusals


@pytest.mark.parametrize(("shared", "case"), cases("silent"))
def test_nothing_to_leave_behind(tmp_path: Path, shared: dict[str, str], case: dict[str, Any]) -> None:
    before = case["before"].lstrip("\n")
    result = parted(tmp_path, shared, case, before)
    assert (result.after.text, result.refusals) == (before, ())


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_two_of_each(language: str) -> None:
    table = TABLES[language]
    assert len(table["converted"]) >= 2
    assert len(table["refused"]) >= 2


def test_without_unsafe_nothing_is_parted(tmp_path: Path) -> None:
    table = TABLES["go"]
    case = table["converted"][0]
    before = case["before"].lstrip("\n")
    named = Options(select=frozenset(("multistage",)), context=str(tmp_path))
    result = rewritten(tmp_path, {**table["files"], **case.get("files", {})}, before, named)
    assert result.after.text == before
    assert [(refusal.code, refusal.hint) for refusal in result.refusals] == [("unsafe", "--unsafe applies it")]
    usual = rewritten(tmp_path, {}, before, Options(context=str(tmp_path)))
    assert not [refusal for refusal in usual.refusals if refusal.rule == "multistage"]

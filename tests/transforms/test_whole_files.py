"""Whole files for each rule, from the .toml files of its folder: what it changes, what it refuses and why, what it ignores.

`[files]` are the build context that the cases of a table share; a case adds `files`, and leaves out those in `without`.
A refusal is known by its `code`, and by what its reason quotes (`because`).
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.transform import Transform
from tests.build_context import rewritten

FOLDER = Path(__file__).parent
TABLES = {path.relative_to(FOLDER): tomllib.loads(path.read_text("utf-8")) for path in sorted(FOLDER.rglob("*.toml"))}
RULES = {transform.NAME.replace("-", "_"): transform for transform in transforms()}
_EVERY = {"name", "before", "files", "without"}
KINDS = {"changed": _EVERY | {"after", "contract"}, "refused": _EVERY | {"code", "because"}, "silent": _EVERY}
"""The kinds of cases, and the keys of each."""


class Case(NamedTuple):
    """A Dockerfile in its context, and the rule that looks at it."""

    transform: Transform
    files: dict[str, str]
    written: dict[str, Any]

    @property
    def before(self) -> str:
        text: str = self.written["before"]
        return text.lstrip("\n")

    def result(self, folder: Path, text: str) -> Result:
        files = {path: content for path, content in self.files.items() if path not in self.written.get("without", ())}
        unsafe = self.transform.CONTRACT == "changed-image"
        options = Options(select=frozenset((self.transform.NAME,)), unsafe=unsafe, context=str(folder))
        return rewritten(folder, {**files, **self.written.get("files", {})}, text, options)


def cases(kind: str) -> list[Any]:
    return [
        pytest.param(Case(RULES[path.parts[0]], table.get("files", {}), case), id=f"{path}: {case['name']}")
        for path, table in TABLES.items()
        for case in table.get(kind, ())
    ]


@pytest.mark.parametrize("case", cases("changed"))
def test_changed(tmp_path: Path, case: Case) -> None:
    after = case.written["after"].lstrip("\n")
    assert case.before != after
    result = case.result(tmp_path, case.before)
    assert result.after.text == after, [refusal.reason for refusal in result.refusals]
    assert {change.contract for change in result.changes} == {case.written.get("contract", case.transform.CONTRACT)}
    assert case.result(tmp_path, after).after.text == after


@pytest.mark.parametrize("case", cases("refused"))
def test_refused(tmp_path: Path, case: Case) -> None:
    result = case.result(tmp_path, case.before)
    assert result.after.text == case.before
    code, because = case.written.get("code", ""), case.written.get("because", "")
    assert code or because
    assert any(code in ("", refusal.code) and because in refusal.reason for refusal in result.refusals), result.refusals


@pytest.mark.parametrize("case", cases("silent"))
def test_nothing_to_say(tmp_path: Path, case: Case) -> None:
    result = case.result(tmp_path, case.before)
    assert (result.after.text, result.refusals) == (case.before, ())


@pytest.mark.parametrize("path", TABLES, ids=str)
def test_there_are_examples_of_both_kinds(path: Path) -> None:
    table = TABLES[path]
    assert set(table) <= {"files", *KINDS}
    assert len(table["changed"]) >= 2
    assert len([*table.get("refused", ()), *table.get("silent", ())]) >= 2
    assert [case for kind, keys in KINDS.items() for case in table.get(kind, ()) if not set(case) <= keys] == []
    names = [case["name"] for kind in KINDS for case in table.get(kind, ())]
    assert len(set(names)) == len(names)

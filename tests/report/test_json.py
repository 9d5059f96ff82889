"""JSON, held against its schema, and its edits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.json import report
from tests.report.results import REFUSED, UNSAFE, applied, failed, noted, result, whole
from tests.report.test_diff import TEXTS

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs/schema/dfix-report-2.json").read_text(encoding="utf-8")
)


def read(*results: Result, written: bool = False) -> list[dict[str, Any]]:
    document = json.loads(whole(report(written=written), results))
    jsonschema.validate(document, SCHEMA)
    files = document["files"]
    assert isinstance(files, list)
    return files


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_it_keeps_to_its_schema() -> None:
    change = applied(2, contract="same-but-caches")
    one, two, three = read(
        result(b"FROM a\nRUN b\n", b"FROM a\nRUN c\n", change, refusals=(REFUSED, UNSAFE)), noted(), failed()
    )
    assert [item["rule"] for item in one["changes"] + one["refusals"]] == ["x", "y", "z"]
    assert two["notes"] == [{"line": 1, "message": "it is for Windows"}]
    assert three["path"] == "wrong \ufffd"
    assert three["problem"] == {"line": 1, "message": "no \ufffd", "hint": "correct it"}


def test_it_keeps_to_its_schema_without_files() -> None:
    assert read() == []


@pytest.mark.parametrize("case", TEXTS)
def test_the_edits_lead_to_the_result(case: str) -> None:
    before, after = TEXTS[case]
    (file,) = read(result(before, after, applied(1)))
    assert file["diff"]
    if "not UTF-8" in case:
        assert file["edits"] is None
        return
    text = before.decode().removeprefix("\ufeff")
    lines = [line + "\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    for edit in reversed(file["edits"]):
        lines[edit["line"] - 1 : edit["line"] - 1 + edit["lines"]] = [edit["text"]]
    assert "".join(lines) == after.decode().removeprefix("\ufeff")


@pytest.mark.parametrize("written", [True, False])
def test_only_what_changed_was_written(written: bool) -> None:
    one, two, three = read(result(b"FROM a\n", b"FROM b\n", applied(1)), noted(), failed(), written=written)
    assert [file["written"] for file in (one, two, three)] == [written, False, False]

"""reviewdog's format: its structure, its way of counting, and that its suggestions lead to the result."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from dfix.rewriter.pipeline.result import IgnoreFileChange, Result
from dfix.rewriter.report.rdjson import report
from dfix.rewriter.text.source import Source
from tests.report.results import REFUSED, applied, failed, noted, result, whole
from tests.report.test_diff import TEXTS
from tests.report.test_properties import texts


def read(*results: Result, explain: bool = False) -> list[dict[str, Any]]:
    document = json.loads(whole(report(explain=explain), results))
    assert document["source"] == {"name": "dfix"}
    found = document["diagnostics"]
    assert isinstance(found, list)
    return found


def suggested(before: bytes, found: list[dict[str, Any]]) -> bytes:
    """What accepting every suggestion makes of the file, by the definition of the format alone."""
    starts = [0]
    for line in before.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)

    def offset(position: dict[str, int]) -> int:
        at = starts[position["line"] - 1] + position["column"] - 1
        assert at <= len(before)
        return at

    suggestions = [suggestion for item in found for suggestion in item.get("suggestions", [])]
    assert len(suggestions) == 1
    (suggestion,) = suggestions
    start, end = offset(suggestion["range"]["start"]), offset(suggestion["range"]["end"])
    text: str = suggestion["text"]
    return before[:start] + text.encode() + before[end:]


def test_a_change() -> None:
    found = read(
        result("FROM a\n# é\nRUN b\n".encode(), "FROM a\n# é\nRUN cc\n".encode(), applied(3), path="a b/Dockerfile")
    )
    place = {"start": {"line": 3, "column": 1}, "end": {"line": 3, "column": 6}}
    assert found == [
        {
            "message": "reason of x (same image)",
            "location": {"path": "a b/Dockerfile", "range": place},
            "severity": "WARNING",
            "code": {"value": "x"},
            "suggestions": [{"range": place, "text": "RUN cc"}],
        }
    ]


def test_columns_are_bytes() -> None:
    (item,) = read(result("FROM é𐐀\n".encode(), b"FROM a\n", applied(1)))
    assert item["suggestions"][0]["range"] == {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 12}}


def test_several_changes_are_one_suggestion() -> None:
    """Half of them may be wrong without the other half."""
    before, after = b"FROM a\nRUN b\nRUN c\nRUN d\n", b"FROM b\nRUN b\nRUN c\nRUN e\n"
    first, second = read(result(before, after, applied(1), applied(4, "w")))
    assert first["suggestions"][0]["text"] == "FROM b\nRUN b\nRUN c\nRUN e"
    assert first["location"]["range"] == first["suggestions"][0]["range"]
    assert first["message"] == "reason of x (same image). The suggestion applies all 2 changes to this file"
    assert "suggestions" not in second
    assert second["location"]["range"] == {"start": {"line": 4}}


def test_what_was_left_alone_is_told_to_those_who_ask() -> None:
    results = (noted(), result(b"FROM a\nRUN b\n", b"FROM a\nRUN b\n", refusals=(REFUSED,)))
    assert read(*results) == []
    note, refusal = read(*results, explain=True)
    assert note["message"] == "the file is left alone: it is for Windows"
    assert "code" not in note
    assert refusal["message"] == "left alone: a hook runs. delete it"
    assert refusal["code"] == {"value": "y"}
    assert {note["severity"], refusal["severity"]} == {"INFO"}


def test_a_problem() -> None:
    (item,) = read(failed())
    assert item["severity"] == "ERROR"
    assert item["location"] == {"path": "wrong \ufffd", "range": {"start": {"line": 1}}}
    assert item["message"] == "no \\xfe. correct it"


def test_no_suggestion_rests_on_lines_of_the_ignore_file() -> None:
    ignore = IgnoreFileChange(Source(".dockerignore", ""), Source(".dockerignore", "x\n"), new=True)
    (item,) = read(result(b"FROM a\n", b"FROM b\n", applied(1))._replace(ignore_file=ignore))
    assert "suggestions" not in item


@pytest.mark.parametrize("case", TEXTS)
def test_the_suggestion_leads_to_the_result(case: str) -> None:
    before, after = TEXTS[case]
    found = read(result(before, after, applied(1)))
    if "not UTF-8" in case:
        assert "suggestions" not in found[0]
        return
    assert suggested(before, found) == after


@pytest.mark.parametrize(
    ("before", "after", "start", "end"),
    [
        (b"FROM a\nRUN b\n", b"FROM a\nRUN x\nRUN b\n", (2, 1), (2, 6)),
        (b"FROM a\nRUN b\n", b"FROM a\nRUN b\nRUN x\n", (2, 1), (2, 6)),
        (b"FROM a\nRUN x\nRUN b\n", b"FROM a\nRUN b\n", (2, 1), (3, 6)),
        (b"FROM a\nRUN b\nRUN x\n", b"FROM a\nRUN b\n", (2, 1), (3, 6)),
        (b"FROM a\r\nRUN b\r\n", b"FROM a\r\nRUN c\r\n", (2, 1), (2, 6)),
        (b"\xef\xbb\xbfFROM a\n", b"\xef\xbb\xbfFROM b\n", (1, 4), (1, 10)),
    ],
)
def test_it_stands_on_lines_of_the_file(
    before: bytes, after: bytes, start: tuple[int, int], end: tuple[int, int]
) -> None:
    found = read(result(before, after, applied(1)))
    place = found[0]["suggestions"][0]["range"]
    assert place["start"] == dict(zip(("line", "column"), start, strict=True))
    assert place["end"] == dict(zip(("line", "column"), end, strict=True))
    assert suggested(before, found) == after


@settings(max_examples=300)
@given(before=texts(), after=texts())
def test_suggestions_lead_from_any_text_to_any_other(before: bytes, after: bytes) -> None:
    if before == after or b"\xff" in before + after or b"\x85" in before + after:
        return
    assert suggested(before, read(result(before, after, applied(1)))) == after

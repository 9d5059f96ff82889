"""GitLab's code quality report: its form, and fingerprints that last."""

from __future__ import annotations

import json
import re
from typing import Any

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.gitlab import report
from tests.report.results import REFUSED, applied, failed, noted, result, whole

KEYS = {"description", "check_name", "fingerprint", "severity", "location"}
SEVERITIES = {"info", "minor", "major", "critical", "blocker"}


def read(*results: Result, explain: bool = False) -> list[dict[str, Any]]:
    items = json.loads(whole(report(explain=explain), results))
    assert isinstance(items, list)
    for item in items:
        assert set(item) == KEYS
        assert item["severity"] in SEVERITIES
        assert item["location"]["lines"]["begin"] >= 1
        assert re.fullmatch(r"[0-9a-f]{64}", item["fingerprint"])
    assert len({item["fingerprint"] for item in items}) == len(items)
    return items


def fingerprints(*results: Result) -> list[str]:
    return [item["fingerprint"] for item in read(*results, explain=True)]


def test_a_change() -> None:
    (item,) = read(result(b"FROM a\nRUN b\n", b"FROM a\nRUN c\n", applied(2), path="a b/Dockerfile"))
    del item["fingerprint"]
    assert item == {
        "description": "reason of x (same image)",
        "check_name": "x",
        "severity": "minor",
        "location": {"path": "a b/Dockerfile", "lines": {"begin": 2}},
    }


def test_a_problem_and_what_was_left_alone() -> None:
    refused = result(b"FROM a\n", b"FROM a\n", refusals=(REFUSED,))
    assert [item["check_name"] for item in read(noted(), failed(), refused)] == ["dfix"]
    note, problem, refusal = read(noted(), failed(), refused, explain=True)
    assert (note["severity"], note["description"]) == ("info", "the file is left alone: it is for Windows")
    assert (problem["severity"], problem["description"]) == ("major", "no \\xfe. correct it")
    assert problem["location"]["path"] == "wrong \ufffd"
    assert (refusal["severity"], refusal["check_name"]) == ("info", "y")


def test_nothing_to_say_is_an_empty_list() -> None:
    assert read() == []
    assert read(result(b"FROM a\n", b"FROM a\n")) == []


def test_a_fingerprint_lasts_when_lines_move() -> None:
    before = fingerprints(result(b"FROM a\nRUN b\n", b"FROM a\nRUN c\n", applied(2)))
    after = fingerprints(result(b"# new\nFROM a\n\nRUN b\n", b"# new\nFROM a\n\nRUN c\n", applied(4)))
    assert before == after


def test_a_fingerprint_tells_files_rules_instructions_and_twins_apart() -> None:
    text, other = b"FROM a\nRUN b\nRUN b\nRUN d\n", b"FROM a\nRUN c\nRUN c\nRUN d\n"
    changes = (applied(2), applied(2, "w"), applied(3), applied(4))
    found = fingerprints(result(text, other, *changes), result(text, other, *changes, path="b/Dockerfile"))
    assert len(found) == 8

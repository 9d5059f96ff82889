"""SARIF: what code scanning needs of it, and that its fixes lead to the result."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from dfix.rewriter.pipeline import registry
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.sarif import report
from tests.report.results import REFUSED, applied, failed, noted, result, whole
from tests.report.test_diff import TEXTS


@pytest.fixture(autouse=True)
def _rules(monkeypatch: pytest.MonkeyPatch) -> None:
    found = tuple(
        SimpleNamespace(
            NAME=name, SUMMARY=f"does {name}", CONTRACT="same-image", CODES=(), EXAMPLES=(), __doc__="A.\n\nB."
        )
        for name in ("x", "w")
    )
    monkeypatch.setattr(registry, "transforms", lambda: found)


def read(*results: Result) -> dict[str, Any]:
    document = json.loads(whole(report(), results))
    assert document["version"] == "2.1.0"
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def test_rules_and_results() -> None:
    run = read(result(b"FROM a\nRUN b\n", b"FROM a\nRUN c\n", applied(2), path="a b/Dockerfile", refusals=(REFUSED,)))
    driver = run["tool"]["driver"]
    assert driver["name"] == "dfix"
    assert [rule["id"] for rule in driver["rules"]] == ["w", "x"]
    (found,) = run["results"]
    assert driver["rules"][found["ruleIndex"]]["id"] == found["ruleId"] == "x"
    assert found["message"]["text"] == "reason of x (same image)"
    (location,) = found["locations"]
    place = location["physicalLocation"]
    assert place == {"artifactLocation": {"uri": "a%20b/Dockerfile"}, "region": {"startLine": 2}}
    assert run["invocations"] == [{"executionSuccessful": True, "toolExecutionNotifications": []}]


def test_what_is_left_alone_is_no_result() -> None:
    assert read(noted(), result(b"FROM a\n", b"FROM a\n", refusals=(REFUSED,)))["results"] == []


def test_a_problem_is_a_notification() -> None:
    run = read(failed())
    assert run["results"] == []
    (invocation,) = run["invocations"]
    assert not invocation["executionSuccessful"]
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"]["text"] == "no \ufffd. correct it"
    assert notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "wrong%20%FF"


def test_every_result_brings_all_changes_of_its_file() -> None:
    """Half of the changes may be wrong without the other half."""
    run = read(result(b"FROM a\nRUN b\nRUN c\nRUN d\n", b"FROM b\nRUN b\nRUN c\nRUN e\n", applied(1), applied(4, "w")))
    assert [len(found["fixes"][0]["artifactChanges"][0]["replacements"]) for found in run["results"]] == [2, 2]


@pytest.mark.parametrize("case", TEXTS)
def test_the_fix_leads_to_the_result(case: str) -> None:
    before, after = TEXTS[case]
    (found,) = read(result(before, after, applied(1)))["results"]
    if "not UTF-8" in case:
        assert found["fixes"] == []
        return
    (fix,) = found["fixes"]
    (change,) = fix["artifactChanges"]
    text = before.decode().removeprefix("\ufeff")
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    for item in reversed(change["replacements"]):
        region = item["deletedRegion"]
        start = starts[region["startLine"] - 1] + region["startColumn"] - 1
        end = starts[region["endLine"] - 1] + region["endColumn"] - 1
        assert end <= len(text)
        text = text[:start] + item["insertedContent"]["text"] + text[end:]
    assert text == after.decode().removeprefix("\ufeff")

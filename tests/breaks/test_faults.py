"""Every fault that was found by trying dfix has a test, and those about pages and the command line that have no other place."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from tests.breaks.outcomes import outcomes

ROOT = Path(__file__).resolve().parents[2]
FAULTS: dict[str, Any] = tomllib.loads((Path(__file__).parent / "faults.toml").read_text(encoding="utf-8"))
OUTCOMES = {outcome.name: outcome for outcome in outcomes()}


def series(letter: str, last: int) -> set[str]:
    return {f"{letter}{number}" for number in range(1, last + 1)}


def test_no_fault_is_forgotten() -> None:
    found = series("A", 5) | series("B", 3) | series("C", 12) | {"D"} | series("E", 10) | series("F", 4)
    assert FAULTS.keys() == found | series("U", 15) | series("V", 6) | {"guard"}
    kinds = {outcome.kind for outcome in OUTCOMES.values()}
    assert kinds >= series("K", 14) | {"opt-in", "W"}


@pytest.mark.parametrize("name", FAULTS)
def test_its_tests_exist(name: str) -> None:
    row = FAULTS[name]
    assert row.keys() <= {"what", "tests", "open"}
    assert row["tests"]
    assert [test for test in row["tests"] if not exists(test)] == []


def exists(test: str) -> bool:
    """Whether a test is there: "input NAME", "FILE::function", "FILE: case or text", or a whole FILE of tests."""
    if test.startswith("input "):
        return test.removeprefix("input ") in OUTCOMES
    file, _, function = test.partition("::")
    if function:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        return any(isinstance(node, ast.FunctionDef) and node.name == function for node in tree.body)
    file, _, case = test.partition(": ")
    text = (ROOT / file).read_text(encoding="utf-8")
    if file.endswith(".toml"):
        return case in {row["name"] for rows in tomllib.loads(text).values() if isinstance(rows, list) for row in rows}
    return case in text and "test" in file


def test_the_table_of_rules_is_whole() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = re.search(r"^\| rule \|.*\n\|[ -|]*\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert table is not None
    assert [row.split("](")[0].removeprefix("| [") for row in table[1].splitlines()] == [rule.NAME for rule in listed()]


def listed() -> list[Any]:
    rows = (ROOT / "README.md").read_text(encoding="utf-8")
    return sorted(transforms(), key=lambda rule: rows.index(f"docs/rules/{rule.NAME}.md"))


def test_the_page_of_dockerignore_shows_the_ignore_file() -> None:
    page = (ROOT / "docs/rules/dockerignore.md").read_text(encoding="utf-8")
    rewritten = page.partition("## Rewritten")[2].partition("\n## ")[0]
    assert "The ignore file becomes:" in rewritten
    assert "```text\n.git\nnode_modules\n" in rewritten


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("FORM debian\n", "Did you mean `FROM`? Or continue the line above it"),
        ("FROM debian\nRUN a\n&& b\n", "Correct it, or continue the line above it"),
    ],
)
def test_a_misspelt_instruction(text: str, hint: str) -> None:
    problem = run(Source("Dockerfile", text), Options()).problem
    assert problem is not None
    assert problem.hint == hint

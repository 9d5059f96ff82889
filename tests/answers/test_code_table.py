from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfix.rewriter.answers.code_table import Code, codes, codes_of
from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.report.pages import page

ROOT = Path(__file__).resolve().parents[2]
RECORDS = {"Reason": 0, "LeaveAlone": 0, "ReplacedOutput": 0, "MissingFile": 0, "Refusal": 2}
"""What holds a code, and as which argument."""
ENGINE = {
    "rewriter/manifests": {"split-manifests"},
    "rewriter/model/cache_use.py": {"clean-up"},
    "rewriter/model/file_map": {"split-manifests"},
    "rewriter/neighbours/destination.py": {"late-removal", "order-layers"},
    "rewriter/neighbours/early_run.py": {"late-removal", "order-layers"},
    "rewriter/neighbours/independent.py": {"late-removal", "order-layers"},
    "rewriter/neighbours/run_summary.py": {"merge-runs"},
    "rewriter/neighbours": {"late-removal", "merge-runs"},
    "rewriter/model/source_evidence.py": {"multistage"},
    "rewriter/model/yarn_version.py": {"clean-up", "cache-mounts"},
    "rewriter/model/package_json_commands.py": {"multistage"},
}
"""Parts of the engine that give reasons, and the rules that ask them."""
PIPELINE = {
    "unsafe": {"archives-left", "modernise", "multistage", "no-recommends", "slim-base"},
    "ignore-file": {"dockerignore", "split-manifests"},
}
"""Codes that the pipeline gives, and the rules whose changes it holds back."""


def named(path: Path) -> Iterator[tuple[str, int]]:
    """The codes that a module writes, with their lines; "?" for one that is computed."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in RECORDS:
            continue
        if any(isinstance(argument, ast.Starred) for argument in node.args):  # a reason that is handed on
            continue
        code = node.args[RECORDS[node.func.id]]
        if isinstance(code, ast.Attribute):  # so is this
            continue
        yield code.value if isinstance(code, ast.Constant) and isinstance(code.value, str) else "?", node.lineno


def users(path: Path, code: str) -> set[str]:
    name = path.relative_to(ROOT).as_posix()
    if name.startswith("transforms/"):
        return {name.split("/")[1].removesuffix(".py").replace("_", "-")}
    if name == "rewriter/pipeline/run.py":
        return PIPELINE[code]
    return next(rules for part, rules in ENGINE.items() if name.startswith(part))


def test_the_table_has_what_the_source_uses() -> None:
    used: defaultdict[str, set[str]] = defaultdict(set)
    modules = [path for folder in ("rewriter", "transforms") for path in (ROOT / folder).rglob("*.py")]
    for path in modules:
        if path.parent.name == "answers":
            continue
        for code, line in named(path):
            assert code != "?", f"{path}:{line}: a code is a literal, so that it can be looked up"
            used[code] |= users(path, code)
    assert {code.name: set(code.rules) for code in codes()} == dict(used)


@pytest.mark.parametrize("code", codes(), ids=lambda code: code.name)
def test_a_row(code: Code) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code.name)
    assert re.fullmatch(r"\S.{10,98}\.", code.meaning), "one sentence"
    assert len(code.why) > 40
    assert code.do
    assert code.name not in code.formerly
    assert list(code.formerly) == sorted(set(code.formerly))


def test_rows_are_sorted() -> None:
    names = [code.name for code in codes()]
    assert names == sorted(names)


def test_a_rules_page_lists_its_codes() -> None:
    listed = re.findall(r"^- `([\w-]+)`: (.*)$", page("slim-base"), re.MULTILINE)
    assert ("compiles", "An install may compile packages, and the slim image has no compiler.") in listed
    assert [name for name, _ in listed] == [code.name for code in codes_of("slim-base")]


def test_a_rule_from_elsewhere_has_no_codes() -> None:
    assert codes_of("no-such-rule") == ()


def test_a_reason_is_raised_and_kept() -> None:
    def ask(number: int, *, no: bool) -> int:
        if no:
            raise LeaveAlone("code", "text", "hint")
        return number

    assert attempt(ask, 3, no=False) == 3
    assert attempt(ask, 3, no=True) == Reason("code", "text", "hint")


def test_only_reasons_are_kept() -> None:
    with pytest.raises(ZeroDivisionError):
        attempt(lambda: 1 // 0)

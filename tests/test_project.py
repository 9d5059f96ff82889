"""Rules that the project's own files keep."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from new_transform import skeleton
from rule_pages import stale

from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import Transform
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("rewriter", "transforms")
MOST_LINES = 350
VAGUE = frozenset(("utils", "util", "helpers", "helper", "manager", "common", "misc", "base", "core", "stuff"))
HEAVY = frozenset(
    "dataclasses inspect rich typer click yaml tomllib libcst pathspec json dockerfile_parse pip_requirements_parser "
    "packaging defusedxml asyncio logging subprocess difflib argparse".split()
)


def modules(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def test_there_is_something_to_look_at() -> None:
    assert len(modules(*PACKAGES)) > 20


def test_modules_are_short() -> None:
    lines = {str(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules(*PACKAGES, "scripts")}
    assert {path: count for path, count in lines.items() if count >= MOST_LINES} == {}


def test_names_say_what_is_inside() -> None:
    names = modules(*PACKAGES, "scripts", "tests")
    assert [path for path in names if VAGUE & set(path.stem.split("_"))] == []


def public(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public(node.body, f"{prefix}{node.name}.")


def test_everything_public_is_documented() -> None:
    silent = []
    for path in modules(*PACKAGES):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(str(path))
        silent += [name for name, node in public(tree.body, f"{path}: ") if not ast.get_docstring(node)]
    assert silent == []


def test_a_cold_start_imports_nothing_heavy() -> None:
    """An editor starts the command on each save: what a run on a plain file does not need stays unloaded."""
    program = (
        "import sys; before = set(sys.modules)\n"
        "import dfix.rewriter.pipeline.run, dfix.rewriter.pipeline.registry\n"
        "dfix.rewriter.pipeline.registry.transforms()\n"
        "print(*sorted(set(sys.modules) - before))\n"
    )
    found = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted({name.partition(".")[0] for name in found.stdout.split()} & HEAVY) == []


def test_pages_of_rules_are_up_to_date() -> None:
    assert stale(ROOT) == []


def test_a_new_transform_runs_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "made_up.py"
    path.write_text(skeleton("made-up"), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("made_up", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made = cast("Transform", module)
    monkeypatch.setattr(pipeline, "transforms", lambda: (made,))
    changed, alone = made.EXAMPLES
    result = run(Source("Dockerfile", changed.before), Options(use_context=False))
    assert result.after.text == changed.after
    result = run(Source("Dockerfile", alone.before), Options(use_context=False))
    assert not result.changed
    assert alone.because in result.refusals[0].reason
    passes = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--no-cache", str(path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert passes.returncode == 0, passes.stdout

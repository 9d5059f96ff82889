"""The first step of CONTRIBUTING.md: a new rule passes the tests that other rules pass, before anyone changes it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("dfix", "rewriter", "transforms", "scripts", "tests", "docs")
FILES = ("pyproject.toml", "README.md")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with a new rule `made-up`."""
    copy = tmp_path_factory.mktemp("project")
    for name in FOLDERS:
        shutil.copytree(ROOT / name, copy / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, copy / name)
    done = python(copy, "scripts/new_transform.py", "made-up")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "transforms/made_up.py" in done.stdout
    return copy


def python(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment["PYTHONPATH"] = str(folder)
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_its_examples_pass_as_those_of_other_rules(project: Path) -> None:
    done = python(
        project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/transforms/test_examples.py", "-k", "made-up"
    )
    assert done.returncode == 0, done.stdout
    assert set(done.stdout.split()[0]) == {"."}, "a test that is skipped shows nothing"


def test_its_reason_is_in_the_table(project: Path) -> None:
    done = python(project, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/answers/test_code_table.py")
    assert done.returncode == 0, done.stdout
    assert "made-up-relative" in python(project, "-m", "dfix", "rule", "made-up").stdout


def test_its_pages_are_there(project: Path) -> None:
    for script in ("rule_pages.py", "message_list.py"):
        assert python(project, f"scripts/{script}", "--check").returncode == 0, script
    assert "docs/rules/made-up.md" in (project / "README.md").read_text(encoding="utf-8")


def test_it_is_as_clean_as_other_rules(project: Path) -> None:
    for tool in (("ruff", "check"), ("ruff", "format", "--check"), ("mypy", "--cache-dir", str(project / "cache"))):
        done = python(project, "-m", *tool, "transforms/made_up.py")
        assert done.returncode == 0, done.stdout + done.stderr


def test_dfix_lists_and_runs_it(project: Path) -> None:
    listed = python(project, "-m", "dfix", "rules").stdout
    assert "made-up" in listed
    (project / "Dockerfile").write_text("FROM scratch\nWORKDIR /app\nWORKDIR /app\n", encoding="utf-8")
    shown = python(project, "-m", "dfix", "--diff", "Dockerfile")
    assert shown.stdout.endswith("-WORKDIR /app\n"), shown.stderr


@pytest.mark.parametrize("name", ["Made", "a_b", "x-", "../x", "merge-runs"])
def test_a_name_that_does_not_do_writes_nothing(project: Path, name: str) -> None:
    before = sorted((project / "transforms").rglob("*.py"))
    done = python(project, "scripts/new_transform.py", name)
    assert done.returncode == 2
    assert done.stderr.count("error: ") == 1
    assert sorted((project / "transforms").rglob("*.py")) == before

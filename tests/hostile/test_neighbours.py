"""Many Dockerfiles: the work grows with their number, whether they share a folder or are in folders side by side."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from dfix.rewriter.cli.main import run
from dfix.rewriter.context import image_uses
from dfix.rewriter.text import known
from dfix.rewriter.text.known import keeping, once
from tests.build_context import put
from tests.hostile.test_growth import lines_run

Make = Callable[[Path, int], None]
SIZES = (20, 40, 80, 160)
MOST_GROWTH = 2.15
"""For each doubling of the Dockerfiles; if each were compared with all, it would be 4."""
NODE = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN apt-get update && apt-get install -y curl\n"
APP = {
    "package.json": '{"name": "a", "scripts": {"start": "docker build -t a ."}}',
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {}}}',
    "compose.yaml": "services:\n  a: {build: ., command: [npm, start]}\n",
    "Makefile": "build:\n\tdocker build -t b .\n",
}


def in_one_folder(folder: Path, count: int) -> None:
    put(folder, {**APP, ".git/HEAD": "", **{f"Dockerfile.{number}": NODE for number in range(count)}})


def side_by_side(folder: Path, count: int) -> None:
    put(folder, {".git/HEAD": "", "compose.yaml": APP["compose.yaml"]})
    for number in range(count):
        put(folder / f"app{number}", {**APP, "Dockerfile": NODE})


@pytest.mark.parametrize("make", [in_one_folder, side_by_side])
def test_twice_the_files_take_twice_the_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Make) -> None:
    monkeypatch.setattr(image_uses, "_MOST_FOLDERS", 5)  # so many neighbours each looks at, 100 otherwise
    for count in SIZES:
        make(tmp_path / str(count), count)
    words = ["--check", "--jobs=1"]
    run([*words, str(tmp_path / "20")])  # tables are loaded, modules imported
    steps = [lines_run(partial(run, [*words, str(tmp_path / str(count))])) for count in SIZES]
    growth = (steps[-1] / steps[0]) ** (1 / 3)
    assert growth < MOST_GROWTH, steps


def test_an_answer_is_kept_while_a_command_runs(tmp_path: Path) -> None:
    folder = str(tmp_path)
    assert once(os.listdir, folder) == []
    with keeping():
        assert once(os.listdir, folder) == []
        (tmp_path / "a").touch()
        assert once(os.listdir, folder) == []
        with keeping():
            assert once(os.listdir, folder) == ["a"]
        assert once(os.listdir, folder) == []
    assert once(os.listdir, folder) == ["a"]


def test_answers_are_not_kept_without_end() -> None:
    with keeping():
        for number in range(2 * known.MOST):
            assert once(str, number) == str(number)
        assert len(known._answers[-1]) <= known.MOST


def test_an_ignore_file_that_dfix_writes_counts_for_the_next_dockerfile(tmp_path: Path) -> None:
    """Both need the line; the second run of the command finds nothing more to do."""
    files = {**APP, "node_modules/b/c.js": "", ".git/HEAD": "", "a/Dockerfile": NODE, "b/Dockerfile": NODE}
    put(tmp_path, {**files, "compose.yaml": "services: {a: {build: {context: ., dockerfile: a/Dockerfile}}}\n"})
    words = ["--jobs=1", "--select=dockerignore,split-manifests", f"--context={tmp_path}", str(tmp_path)]
    run(["--write", *words])
    assert run(["--check", *words]) == 0

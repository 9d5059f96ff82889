"""Splits that rest on a line in the ignore file of the build context."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dfix.rewriter.pipeline.job import Job, work
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from tests.build_context import put

PACKAGE = '{"name": "a", "version": "1.0.0", "dependencies": {"b": "^1.0.0"}}'
LOCK = (
    '{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": '
    '{"": {"name": "a", "version": "1.0.0", "dependencies": {"b": "^1.0.0"}}, "node_modules/b": {"version": "1.0.0"}}}'
)
FILES = {"package.json": PACKAGE, "package-lock.json": LOCK, "a.js": "", "node_modules/b/index.js": ""}
BEFORE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
AFTER = "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"
NEW = "node_modules\n.dockerignore\n"
ONLY = Options(select=frozenset(("split-manifests",)))


def dockerfile_in(folder: Path, files: dict[str, str], dockerfile: str = BEFORE) -> Path:
    put(folder, {**files, "Dockerfile": dockerfile})
    return folder / "Dockerfile"


def result_of(path: Path, options: Options = ONLY) -> Result:
    return run(Source.from_bytes(str(path), path.read_bytes()), options)


def dfix(folder: Path, *words: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dfix", "--select", "split-manifests", *words]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    return subprocess.run(command, cwd=folder, env=environment, input=text, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("existing", "after"),
    [
        (None, "node_modules\n.dockerignore\n"),
        (".*\n", ".*\nnode_modules\n"),
        (".dockerignore", ".dockerignore\nnode_modules\n"),
        (".docker*\r\n.git\r\n", ".docker*\r\n.git\r\nnode_modules\r\n"),
    ],
)
def test_written(tmp_path: Path, existing: str | None, after: str) -> None:
    path = dockerfile_in(tmp_path, FILES if existing is None else {**FILES, ".dockerignore": existing})
    outcome = work(Job(str(path), ONLY, write=True))
    assert outcome.written
    assert path.read_text() == AFTER
    assert (tmp_path / ".dockerignore").read_bytes().decode() == after
    assert not result_of(path).changed
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted(
        {".dockerignore", "Dockerfile", "a.js", "node_modules", "package.json", "package-lock.json"}
    )


def test_an_ignore_file_of_the_dockerfile_gets_the_line(tmp_path: Path) -> None:
    path = dockerfile_in(tmp_path, {**FILES, "Dockerfile.dockerignore": "Docker*\n", ".dockerignore": "x\n"})
    assert work(Job(str(path), ONLY, write=True)).written
    assert (tmp_path / "Dockerfile.dockerignore").read_text() == "Docker*\nnode_modules\n"
    assert (tmp_path / ".dockerignore").read_text() == "x\n"


def test_a_new_ignore_file_that_no_copy_brings_gets_one_line(tmp_path: Path) -> None:
    files = {f"app/{name}": text for name, text in FILES.items()}
    path = dockerfile_in(tmp_path, files, BEFORE.replace("COPY . .", "COPY app ."))
    assert work(Job(str(path), ONLY, write=True)).written
    assert (tmp_path / ".dockerignore").read_text() == "app/node_modules\n"


EMPTY = '{"name": "a", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "a", "version": "1.0.0"}}}'


def lock_with(**package: object) -> str:
    return json.dumps({"lockfileVersion": 3, "packages": {"": {}, "node_modules/b": {"version": "1.0.0", **package}}})


def node_modules_stay(folder: Path, files: dict[str, str], dockerfile: str = BEFORE) -> bool:
    result = result_of(dockerfile_in(folder, {**FILES, **files}, dockerfile))
    return not result.changed and "the build context ships node_modules" in result.refusals[0].reason


@pytest.mark.parametrize("existing", ["", "*.md\n", "*.md\n!.dockerignore\n"])
def test_an_ignore_file_that_is_copied_stays_as_it_is(tmp_path: Path, existing: str) -> None:
    assert node_modules_stay(tmp_path, {".dockerignore": existing})


@pytest.mark.parametrize("lock", [EMPTY, lock_with(optional=True), lock_with(dev=True), lock_with(os=["darwin"])])
def test_an_install_of_nothing_leaves_the_folder(tmp_path: Path, lock: str) -> None:
    assert node_modules_stay(tmp_path, {"package.json": '{"name": "a", "version": "1.0.0"}', "package-lock.json": lock})


@pytest.mark.parametrize(
    ("files", "dockerfile"),
    [
        ({"Dockerfile.dev": "FROM node:22\n"}, BEFORE),
        ({"ops/worker/Dockerfile": "FROM node:22\n"}, BEFORE),
        ({"compose.yaml": "services: {a: {build: {dockerfile_inline: 'FROM node:22'}}}\n"}, BEFORE),
        ({"docker-bake.hcl": 'target "x" {\n  dockerfile-inline = "FROM node:22"\n}\n'}, BEFORE),
        ({".containerignore": ".git\n"}, BEFORE),
        ({"Makefile": "image:\n\tdocker build -f ../other/Dockerfile .\n"}, BEFORE),
        ({}, BEFORE.replace("npm ci", "npm install")),
        ({}, BEFORE.replace("COPY . .", "COPY . .\nRUN ls node_modules")),
        ({}, BEFORE.replace("npm ci", "ls node_modules && npm ci")),
        ({}, BEFORE + "FROM node:22\nCOPY . .\nRUN node a.js\n"),
        ({}, BEFORE + "COPY node_modules/b /b\n"),
        ({}, BEFORE + "RUN --mount=type=bind,target=/host cp -r /host/node_modules /b\n"),
    ],
)
def test_left_alone(tmp_path: Path, files: dict[str, str], dockerfile: str) -> None:
    path = dockerfile_in(tmp_path, {**FILES, **files}, dockerfile)
    result = result_of(path)
    assert not result.changed
    assert result.ignore_file is None
    assert result.refusals


def test_an_input_that_some_builders_do_not_send(tmp_path: Path) -> None:
    files = {
        "package.json": PACKAGE,
        "package-lock.json": LOCK,
        ".npmrc": "fund=false\n",
        ".containerignore": ".npmrc\n",
    }
    result = result_of(dockerfile_in(tmp_path, files))
    assert not result.changed
    assert ".containerignore leaves out .npmrc" in result.refusals[0].reason


def test_a_failed_write_leaves_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dockerfile_in(tmp_path, {**FILES, ".dockerignore": ".*\n"})
    real = os.replace

    def replace(source: str, target: str) -> None:
        if target.endswith("Dockerfile"):
            raise OSError(28, "No space left on device")
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)
    outcome = work(Job(str(path), ONLY, write=True))
    assert outcome.result.problem is not None
    assert path.read_text() == BEFORE
    assert (tmp_path / ".dockerignore").read_text() == ".*\n"


def test_a_failed_write_removes_a_new_ignore_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = dockerfile_in(tmp_path, FILES)
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    assert work(Job(str(path), ONLY, write=True)).result.problem is not None
    assert path.read_text() == BEFORE
    assert not (tmp_path / ".dockerignore").exists()


@pytest.mark.parametrize("existing", [None, ".*\n"])
def test_the_diff_is_a_patch(tmp_path: Path, existing: str | None) -> None:
    dockerfile_in(tmp_path, FILES if existing is None else {**FILES, ".dockerignore": existing})
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    diff = dfix(tmp_path, "--diff", ".").stdout
    subprocess.run(["git", "apply"], cwd=tmp_path, input=diff, text=True, check=True)
    assert (tmp_path / "Dockerfile").read_text() == AFTER
    assert (tmp_path / ".dockerignore").read_text() == (f"{existing}node_modules\n" if existing else NEW)


def test_a_filter_cannot_write_it(tmp_path: Path) -> None:
    dockerfile_in(tmp_path, FILES)
    ran = dfix(tmp_path, "--stdin-filename", "Dockerfile", "--explain", "-", text=BEFORE)
    assert ran.stdout == BEFORE
    assert "dfix --write adds `node_modules`, `.dockerignore` to the ignore file" in ran.stderr


def test_json(tmp_path: Path) -> None:
    dockerfile_in(tmp_path, FILES)
    (file,) = json.loads(dfix(tmp_path, "--output-format", "json", ".").stdout)["files"]
    assert file["ignore_file"] == {"path": ".dockerignore", "new": True, "text": NEW}
    assert file["diff"].endswith("--- /dev/null\n+++ b/.dockerignore\n@@ -0,0 +1,2 @@\n+node_modules\n+.dockerignore\n")

"""Files of a project that made dfix compute for minutes: now it reads them in linear time, or refuses them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build_context import put
from tests.hostile.guarded import MOST_CPU, Ended, guarded

NODE = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
PYTHON = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
LONG = "a" * 200
PATTERNS = [f"*{'a*' * count}b" for count in (2, 3, 4, 5, 50)] + [f"**/{'a**/' * count}b" for count in (3, 50)]


def run(folder: Path, files: dict[str, str]) -> Ended:
    """Run dfix on a repository with these files and an innocent one beside them, which is rewritten whatever they are.

    The run is ended by the system once it has taken MOST_CPU seconds; each takes a fraction of one.
    """
    lock = '{"lockfileVersion": 3, "packages": {"": {}}}'
    own = {".git/HEAD": "", "package.json": "{}", "package-lock.json": lock, "z/Dockerfile": APT}
    put(folder, {**own, **files})
    ended = guarded(["--explain", "--select", "split-manifests,clean-up", "."], folder)
    assert ended.status in (0, 1, 2), (MOST_CPU, ended)
    assert "internal error" not in ended.said
    assert "gave up" not in ended.said
    assert "z/Dockerfile:2: clean-up" in ended.out
    return ended


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_of_an_ignore_file(tmp_path: Path, pattern: str) -> None:
    ended = run(tmp_path, {"Dockerfile": NODE, ".dockerignore": pattern, LONG: "", f"{LONG}c": "", "a/a/a/a/a": ""})
    assert "Dockerfile:3: split-manifests" in ended.out


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_of_gitignore(tmp_path: Path, pattern: str) -> None:
    found = run(tmp_path, {f"Dockerfile.{LONG}": NODE, ".gitignore": f"{pattern}\nDockerfile.*a*a*a*a*b\n"})
    assert f"Dockerfile.{LONG}:3: split-manifests" in found.out
    assert "split-manifests" not in run(tmp_path, {".gitignore": "Dockerfile.*a*a*a*a*a\n"}).out


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_of_a_copy(tmp_path: Path, pattern: str) -> None:
    dockerfile = f"FROM node:20\nWORKDIR /app\nCOPY {pattern} /x/\nCOPY . .\nRUN npm ci\n"
    ended = run(tmp_path, {"Dockerfile": dockerfile, LONG: "", f"{LONG}c": ""})
    assert "Dockerfile:4: split-manifests" in ended.out


@pytest.mark.parametrize("pattern", [*PATTERNS, "{a,aa}" * 30 + "b"])
def test_patterns_of_workspaces(tmp_path: Path, pattern: str) -> None:
    manifest = f'{{"workspaces": ["{pattern}"]}}'
    ended = run(tmp_path, {"Dockerfile": NODE, "package.json": manifest, f"{LONG}/package.json": "{}"})
    assert "Dockerfile:3: split-manifests" in ended.out
    assert LONG not in ended.out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("docker-bake.hcl", "\n" * 900_000 + "x"),
        ("docker-bake.hcl", 'target "a" {\n' * 70_000),
        (".devcontainer/devcontainer.json", '\\"' * 450_000),
        (".devcontainer/devcontainer.json", "/*" * 450_000),
        ("compose.yaml", "build: [" + "{a: [" * 40_000),
        ("compose.yaml", "build: " + "- " * 400_000),
        ("compose.yaml", "services:\n" + "".join(f"  s{number}: {{build: ./a}}\n" for number in range(40_000))),
    ],
)
def test_files_that_declare_builds(tmp_path: Path, name: str, text: str) -> None:
    ended = run(tmp_path, {"Dockerfile": NODE, name: text})
    assert "Dockerfile:3: split-manifests" in ended.out


@pytest.mark.parametrize("name", ["dfix.toml", "pyproject.toml"])
@pytest.mark.parametrize(
    "text", ["a." * 200_000 + "a = 1", "[" + "a." * 200_000 + "a]", "x = {" + "a." * 9_000 + "a = 1}"]
)
def test_long_keys_of_settings(tmp_path: Path, name: str, text: str) -> None:
    ended = run(tmp_path, {"bad/Dockerfile": NODE, f"bad/{name}": f"{text}\n# dfix\n"})
    assert f"bad/{name}:1: not valid TOML: a key has more than 200 parts" in ended.err
    assert ended.status == 2


@pytest.mark.parametrize(
    ("dockerfile", "name", "text"),
    [
        (
            PYTHON.replace("pip install -r requirements.txt", "uv sync --frozen"),
            "pyproject.toml",
            "a." * 90_000 + "a=1",
        ),
        (PYTHON.replace("pip install -r requirements.txt", "poetry install"), "pyproject.toml", "a." * 90_000 + "a=1"),
        (NODE.replace("npm ci", "pnpm install --frozen-lockfile"), "pnpm-workspace.yaml", "- " * 150_000),
        (NODE.replace("npm ci", "pnpm install --frozen-lockfile"), "pnpm-workspace.yaml", "? " * 150_000),
        (NODE, "package.json", '{"a":' * 90_000),
        (PYTHON, "requirements.txt", "".join(f"a{number}\n" for number in range(200_001))),
    ],
)
def test_manifests_that_are_refused(tmp_path: Path, dockerfile: str, name: str, text: str) -> None:
    ended = run(tmp_path, {"Dockerfile": dockerfile, name: text, "uv.lock": "", "pnpm-lock.yaml": ""})
    assert "Dockerfile:3: split-manifests" not in ended.out
    assert f"{name}" in ended.out


@pytest.mark.parametrize("line", ["a==1\n", "a @ https://x/y ; python_version > '3'\n"])
def test_many_requirements_are_read(tmp_path: Path, line: str) -> None:
    ended = run(tmp_path, {"Dockerfile": PYTHON, "requirements.txt": line * 100_000})
    assert "Dockerfile:3: split-manifests" in ended.out


@pytest.mark.parametrize(
    ("dockerfile", "told"),
    [
        ("FROM debian\n" + "RUN echo a\n" * 100_000, "larger than 100 kB, which dfix does not rewrite"),
        ("FROM debian\nENV A=" + "a" * 1_000_000 + "\n", "larger than 100 kB, which dfix does not rewrite"),
        ("FROM debian\nRUN a" + " \\\n  a" * 60_000 + "\n", "larger than 100 kB, which dfix does not rewrite"),
        ("FROM debian\n" + "ENV A=1\n" * 2_000, "more than 2,000 instructions, which dfix does not rewrite"),
        ("FROM debian\n" * 300, "more than 200 stages, which dfix does not rewrite"),
    ],
    ids=["lines", "word", "continuations", "instructions", "stages"],
)
def test_long_dockerfiles_are_refused(tmp_path: Path, dockerfile: str, told: str) -> None:
    ended = run(tmp_path, {"long/Dockerfile": dockerfile})
    assert f"long/Dockerfile: {told}. Exclude it" in ended.err
    assert ended.status == 2


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfix.rewriter.pipeline.job.MOST_SECONDS", 0.3)
    slow = "FROM node:20 AS s0\n" + "".join(
        f"FROM s{number - 1} AS s{number}\nCOPY . .\nRUN npm ci\n" + "RUN apt-get install a\n" * 6
        for number in range(1, 190)
    )
    put(tmp_path, {".git/HEAD": "", "package.json": "{}", "Dockerfile": slow, "z/Dockerfile": APT})
    ended = guarded(["--output-format", "concise", "."], tmp_path)
    assert ended.status == 2
    assert "Dockerfile: dfix gave up after 0 seconds of CPU time" in ended.err
    assert "z/Dockerfile:2: clean-up" in ended.out

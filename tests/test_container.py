"""dfix's own image: a Dockerfile in which dfix finds nothing to change, and which builds what it should."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.fixture import Engine

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = ROOT / "container/Dockerfile"


@pytest.mark.parametrize("flags", [(), ("--unsafe",)])
def test_dfix_finds_nothing_to_change(flags: tuple[str, ...]) -> None:
    command = [sys.executable, "-m", "dfix", "--check", *flags, str(DOCKERFILE)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_every_source_of_the_wheel_is_sent() -> None:
    """What pyproject.toml puts into the wheel, and what hatchling reads besides, is in the list of the ignore file."""
    sent = re.findall(
        r"^!(.+)$", (ROOT / "container/Dockerfile.dockerignore").read_text(encoding="utf-8"), re.MULTILINE
    )
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    named = set(
        re.findall(
            r'"((?:dfix|rewriter|transforms|docs|scripts|[A-Z]+|sbom)[\w/.-]*)"',
            project.split("[tool.hatch.metadata", 1)[1],
        )
    )
    paths = {path for path in named if (ROOT / path).exists() and path not in ("scripts", "tests")}
    assert {path for path in paths if not any(path == one or path.startswith(f"{one}/") for one in sent)} == set()


def test_the_image_runs(engine: Engine, tmp_path: Path) -> None:
    """The base has what the locks need; only the last stage is built here, the whole is proven by hand (docs/decisions.md)."""
    engine.bases("python")
    text = DOCKERFILE.read_text(encoding="utf-8")
    last = text[text.rindex("FROM ") :].replace("${BASE}", "python:3.11-slim-bookworm")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/dfix").write_text('#!/bin/sh\nid -u; pwd; echo "$@"\n')
    (tmp_path / "bin/dfix").chmod(0o755)
    (tmp_path / "Dockerfile").write_text(
        last.replace("COPY --from=build /opt/dfix /opt/dfix", "COPY bin /opt/dfix/bin")
    )
    docker = shutil.which("docker", path=engine.environment["PATH"]) or "docker"
    tag = "dfix-container-test"

    def run(*words: str) -> str:
        done = subprocess.run([docker, *words], env=engine.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    run("buildx", "build", "--quiet", "--load", "--tag", tag, str(tmp_path))
    try:
        assert run("run", "--rm", "--network=none", tag) == "65532\n/work\n--help\n"
        assert run("run", "--rm", "--network=none", tag, "--check", ".") == "65532\n/work\n--check .\n"
    finally:
        run("image", "rm", "--force", tag)

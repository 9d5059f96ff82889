"""`docker dfix`, with Docker's own command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.test_process import ENVIRONMENT

PROGRAM = "from dfix.rewriter.cli.docker_plugin import main; main()"


def plugin(*words: str) -> str:
    command = [sys.executable, "-c", PROGRAM, *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_it_says_what_it_is() -> None:
    told = json.loads(plugin("docker-cli-plugin-metadata"))
    assert set(told) == {"SchemaVersion", "Vendor", "Version", "ShortDescription"}
    assert told["SchemaVersion"] == "0.1.0"


def test_without_docker_it_is_dfix() -> None:
    assert plugin("rules") == plugin("dfix", "rules")


def test_docker_starts_it(tmp_path: Path) -> None:
    docker = shutil.which("docker")
    if docker is None:
        pytest.skip("needs Docker's command line")
    program = tmp_path / "config" / "cli-plugins" / "docker-dfix"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -c '{PROGRAM}' \"$@\"\n")
    program.chmod(0o755)
    (tmp_path / "Dockerfile").write_text("FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n")
    environment = {**ENVIRONMENT, "PATH": os.environ["PATH"], "DOCKER_CONFIG": str(tmp_path / "config")}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [docker, *words]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    assert "Rewrite Dockerfiles so that they rebuild faster" in run("--help").stdout
    found = run("dfix", "--check", "-q", "Dockerfile")
    assert (found.returncode, found.stdout, found.stderr) == (1, "Dockerfile\n", "")
    assert run("dfix", "rule", "no-such-rule").returncode == 2

"""The set-ups that docs/ci.md and docs/pull-requests.md show are what the services take, and their commands work."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
PAGE = "".join((ROOT / "docs" / name).read_text(encoding="utf-8") for name in ("ci.md", "pull-requests.md"))
SNIPPETS: dict[str, str] = dict(re.findall(r"```yaml\n# (\S+)\n(.*?)```", PAGE, re.DOTALL))
SCHEMAS = {
    ".github/workflows/dfix.yml": "vendor.github-workflows",
    ".github/workflows/dfix-scanning.yml": "vendor.github-workflows",
    ".github/workflows/dfix-verify.yml": "vendor.github-workflows",
    ".gitlab-ci.yml": "vendor.gitlab-ci",
}
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
CHANGES = "FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n"


def run(*command: str | Path, folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": f"{folder}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    return subprocess.run(
        [*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_every_snippet_is_tried() -> None:
    assert set(SNIPPETS) == {".pre-commit-config.yaml", *SCHEMAS}


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_service_takes_it(name: str, tmp_path: Path) -> None:
    (tmp_path / "it.yml").write_text(SNIPPETS[name], encoding="utf-8")
    done = run(BIN / "check-jsonschema", "--builtin-schema", SCHEMAS[name], "it.yml", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_pre_commit_takes_it(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_text(SNIPPETS[".pre-commit-config.yaml"], encoding="utf-8")
    done = run(BIN / "pre-commit", "validate-config", "it.yaml", folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    used = [
        hook["id"] for repo in yaml.safe_load(SNIPPETS[".pre-commit-config.yaml"])["repos"] for hook in repo["hooks"]
    ]
    assert set(used) <= {hook["id"] for hook in HOOKS}


def test_the_page_names_every_input_of_the_action() -> None:
    rows = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert rows == list(ACTION["inputs"])


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with a Dockerfile that would change; pip and pipx stand for an installed dfix."""
    (tmp_path / "Dockerfile").write_text(CHANGES)
    for name, text in (("pip", "exit 0"), ("pipx", 'shift; exec "$@"')):
        (tmp_path / name).write_text(f"#!/bin/sh\n{text}\n")
        (tmp_path / name).chmod(0o755)
    return tmp_path


def test_the_commands_for_gitlab(checkout: Path) -> None:
    job: dict[str, Any] = yaml.safe_load(SNIPPETS[".gitlab-ci.yml"])["dfix"]
    done = run("sh", "-e", "-c", "\n".join(job["script"]), folder=checkout)
    assert done.returncode == 1, done.stderr
    (found,) = json.loads((checkout / job["artifacts"]["reports"]["codequality"]).read_text())
    assert (found["check_name"], found["location"]) == ("merge-runs", {"path": "Dockerfile", "lines": {"begin": 2}})


def test_the_commands_for_code_scanning(checkout: Path) -> None:
    steps = yaml.safe_load(SNIPPETS[".github/workflows/dfix-scanning.yml"])["jobs"]["dfix"]["steps"]
    (command,) = [step["run"] for step in steps if "run" in step]
    done = run("bash", "-e", "-c", command, folder=checkout)
    assert done.returncode == 0, done.stderr
    log = json.loads((checkout / steps[-1]["with"]["sarif_file"]).read_text())
    assert [found["ruleId"] for found in log["runs"][0]["results"]] == ["merge-runs"]


def test_the_command_for_reviewdog(checkout: Path) -> None:
    (command,) = re.findall(r"```sh\n(dfix .*rdjson.*)\n```", PAGE)
    (checkout / "reviewdog").write_text('#!/bin/sh\necho "$@"\ncat\n')
    (checkout / "reviewdog").chmod(0o755)
    flags, _, document = run("sh", "-c", command, folder=checkout).stdout.partition("\n")
    assert flags == "-f=rdjson -reporter=github-pr-review"
    assert [found["code"]["value"] for found in json.loads(document)["diagnostics"]] == ["merge-runs"]


def test_settings_of_a_stranger_do_not_count(tmp_path: Path) -> None:
    """The two ways that the page shows for pull requests from strangers."""
    section = PAGE.partition("## Pull requests from strangers")[2]
    (isolated,) = re.findall(r"^(dfix --isolated .*?) *#", section, re.MULTILINE)
    (configured,) = re.findall(r"run: pipx run (dfix .*)", section)
    for name in ("base", "head"):
        (tmp_path / name / ".git").mkdir(parents=True)
        (tmp_path / name / "Dockerfile").write_text(CHANGES)
    (tmp_path / "base/dfix.toml").write_text('ignore = ["clean-up"]\n')
    (tmp_path / "head/dfix.toml").write_text('exclude = ["**"]\nignore = ["merge-runs"]\n')
    for command, folder in ((isolated, tmp_path / "head"), (configured, tmp_path)):
        done = run("sh", "-c", command, folder=folder)
        assert (done.returncode, "+RUN mkdir /a" in done.stdout) == (1, True), done.stderr
    assert run("dfix", "--diff", ".", folder=tmp_path / "head").returncode == 0

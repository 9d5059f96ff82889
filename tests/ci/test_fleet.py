"""What docs/fleet.md shows can be read by what it is for, and its commands work."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "fleet.md").read_text(encoding="utf-8")
SNIPPETS: list[tuple[str, str]] = re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL)
SHELL = [text for kind, text in SNIPPETS if kind == "sh"]
CHANGES = "FROM debian:12\nRUN apt-get update && apt-get install -y jq\n"


def run(*command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    author = {f"GIT_{who}_{what}": "x@y" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {"PATH": path, "HOME": str(folder), **author}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """Clones of bare repositories: one that changes, one that doesn't, and two that can't be handled."""
    dockerfiles = {"api": CHANGES, "same": "FROM debian:12\n", "settings": CHANGES, "unreadable": CHANGES + "NO\n"}
    for name, text in dockerfiles.items():
        made = tmp_path / "checkouts" / name
        made.mkdir(parents=True)
        (made / "Dockerfile").write_text(text)
        if name == "settings":
            (made / "dfix.toml").write_text("select = [\n")
        for words in (
            ("init", "-q", "-b", "main"),
            ("add", "."),
            ("commit", "-qm", "start"),
            ("clone", "-q", "--bare", ".", f"{tmp_path}/{name}.git"),
            ("remote", "add", "origin", f"{tmp_path}/{name}.git"),
        ):
            done = run("git", *words, folder=made)
            assert done.returncode == 0, done.stderr
    return tmp_path


def test_each_snippet_is_of_a_kind_that_is_tried() -> None:
    assert {kind for kind, _ in SNIPPETS} == {"sh", "yaml", "json"}


@pytest.mark.parametrize("text", SHELL)
def test_shells_read_it(text: str, tmp_path: Path) -> None:
    done = run("sh", "-n", "-c", text, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_files_are_read() -> None:
    (multi,) = (yaml.safe_load(text) for kind, text in SNIPPETS if kind == "yaml")
    assert multi["branch"] == "dfix/clean-up"
    allowed, asked = (json.loads(text) for kind, text in SNIPPETS if kind == "json")
    (command,) = asked["packageRules"][0]["postUpgradeTasks"]["commands"]
    assert re.search(allowed["allowedCommands"][0], command)


def test_the_loop_pushes_what_changes(fleet: Path) -> None:
    (loop,) = (text for text in SHELL if "worktree" in text)
    run("sh", "-c", loop, folder=fleet)
    branches = {
        name: run("git", "branch", "--format=%(refname:short)", folder=fleet / f"{name}.git").stdout.split()
        for name in ("api", "same", "settings", "unreadable")
    }
    assert branches == {
        "api": ["dfix/clean-up", "main"],
        "same": ["main"],
        "settings": ["main"],
        "unreadable": ["main"],
    }
    changed = run("git", "show", "dfix/clean-up:Dockerfile", folder=fleet / "api.git").stdout
    assert changed == CHANGES.rstrip() + " && rm -rf /var/lib/apt/lists/*\n"
    assert (fleet / "checkouts/api/Dockerfile").read_text() == CHANGES


def test_broken_repositories_do_not_stop_the_others(fleet: Path) -> None:
    done = run("dfix", "--output-format", "json", "checkouts", folder=fleet)
    found = {file["path"]: (file["changed"], bool(file["problem"])) for file in json.loads(done.stdout)["files"]}
    assert done.returncode == 2
    assert found == {
        "checkouts/api/Dockerfile": (True, False),
        "checkouts/same/Dockerfile": (False, False),
        "checkouts/settings/dfix.toml": (False, True),
        "checkouts/unreadable/Dockerfile": (False, True),
    }


@pytest.mark.skipif(shutil.which("jq") is None and os.environ.get("CI") != "true", reason="no jq")
def test_the_report_by_repository(fleet: Path) -> None:
    (report,) = (text for text in SHELL if "jq" in text)
    done = run("sh", "-c", report, folder=fleet)
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["1", "api", "clean-up"] in rows
    assert [row[0] for row in rows if row[0].startswith(("settings", "unreadable"))] == [
        "settings/dfix.toml",
        "unreadable/Dockerfile",
    ]

"""`--history` of a command that rewrites: what it prints, where, and that git is started only then."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build_context import put
from tests.layers.repositories import commit, git, repository
from tests.layers.test_history import FILES
from tests.layers.test_layers import Answer

NPM = (
    "Dockerfile: 3 builds, one for each of the last commits; 1 commit without a file of the build context\n"
    "line 4: `npm ci` would have run in 2 of the last 3 builds; after dfix in 0\n"
    "line 5: `npm run build` would have run in 2 of the last 3 builds; after dfix in 2\n"
    "\n"
)
SUMMARY = "2 changes possible in 1 of 1 file\n"


def dfix(*words: str, cwd: Path, path: str | None = None) -> Answer:
    command = [sys.executable, "-m", "dfix", "--isolated", *words]
    environment = os.environ if path is None else {**os.environ, "PATH": path}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120, env=environment)
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    found = repository(tmp_path / "repo", FILES)
    commit(found, {"src/a.js": "1"})
    commit(found, {"x.md": "1"})
    commit(found, {"src/a.js": "2"})
    return found


@pytest.mark.parametrize("mode", [(), ("--output-format", "concise"), ("--write",)])
def test_it_follows_the_findings(repo: Path, mode: tuple[str, ...]) -> None:
    plain = dfix(*mode, ".", cwd=repo)
    git(repo, "checkout", "--quiet", ".")
    told = dfix(*mode, "--history", ".", cwd=repo)
    found = re.sub("`npm ci` is re-run by 2 files of .*", "`npm ci`: 2 → 0 of the last 3 builds", plain.out)
    assert (told.status, told.out, told.err) == (plain.status, found + NPM, plain.err)


@pytest.mark.parametrize("mode", ["--diff", "--check"])
def test_where_programs_read_the_output_it_goes_to_the_other_stream(repo: Path, mode: str) -> None:
    plain, told = dfix(mode, ".", cwd=repo), dfix(mode, "--history", ".", cwd=repo)
    assert (told.status, told.out, told.err) == (plain.status, plain.out, NPM + SUMMARY)


@pytest.mark.parametrize("given", [("--history", "1"), ("--history=1",)])
def test_fewer_commits(repo: Path, given: tuple[str, ...]) -> None:
    err = dfix("--check", *given, "Dockerfile", cwd=repo).err
    assert "line 4: `npm ci` would have run in 1 of the last 1 build; after dfix in 0\n" in err


def test_only_files_that_change_are_replayed(repo: Path) -> None:
    commit(repo, {"Other.Dockerfile": "FROM node:22\nWORKDIR /app\n"})
    err = dfix("--check", "--history", ".", cwd=repo).err
    assert "Other" not in err
    assert "Dockerfile: 4 builds" in err


def test_it_says_where_nothing_is_gained(repo: Path) -> None:
    out = dfix("--select", "clean-up", "--history", ".", cwd=repo).out
    assert "line 4: `npm ci` would have run in 2 of the last 3 builds; after dfix in 2\n" in out
    assert out.endswith("What dfix changes saves none of these runs\n\n")


def test_the_ignore_file_before_and_after(repo: Path) -> None:
    """With --write, the ignore file in the folder is the new one when the commits are replayed."""
    put(repo, {"src/node_modules/a/index.js": ""})
    commit(repo, {"node_modules/a": "1", "Dockerfile": "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"})
    words = ("--select", "dockerignore", "--history", "1", ".")
    expected = "line 4: `npm install` would have run in 1 of the last 1 build; after dfix in 1\n"
    assert expected in dfix(*words, cwd=repo).out
    commit(repo, {"node_modules/a": "2"})
    expected = expected.replace("after dfix in 1", "after dfix in 0")
    assert expected in dfix(*words, cwd=repo).out
    assert expected in dfix("--write", *words, cwd=repo).out


def test_a_plain_run_starts_no_git(repo: Path, tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "git"
    put(tmp_path, {"bin/git": f"#!/bin/sh\ntouch {tmp_path}/started\nexit 1\n"})
    fake.chmod(0o755)
    for mode in ("--check", "--diff", "--write"):
        dfix(mode, ".", cwd=repo, path=f"{fake.parent}:/bin:/usr/bin")
        assert not (tmp_path / "started").exists()
    git(repo, "checkout", "--quiet", ".")
    dfix("--check", "--history", ".", cwd=repo, path=f"{fake.parent}:/bin:/usr/bin")
    assert (tmp_path / "started").exists()


def test_without_git_the_rewrite_is_the_same(repo: Path, tmp_path: Path) -> None:
    answer = dfix("--check", "--history", ".", cwd=repo, path=str(tmp_path / "empty"))
    said = "Dockerfile: git can't be started. Install git, or leave out --history, --since and --base\n"
    assert answer == (1, "Dockerfile\n", said + SUMMARY)


def test_without_a_repository(tmp_path: Path) -> None:
    put(tmp_path, {**FILES})
    answer = dfix("--check", "--history", ".", cwd=tmp_path)
    assert (answer.status, answer.out) == (1, "Dockerfile\n")
    assert answer.err.startswith("Dockerfile: its build context is not in a git repository, so it has no history.")


def test_a_repository_without_commits(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    put(tmp_path, {**FILES})
    err = dfix("--check", "--history", ".", cwd=tmp_path).err
    assert err == "Dockerfile: the repository has no commits yet. Commit first\n" + SUMMARY


def test_a_repository_with_one_commit(tmp_path: Path) -> None:
    repository(tmp_path, FILES)
    err = dfix("--check", "--history", ".", cwd=tmp_path).err
    said = "git knows no commit after the first one, so nothing would have run again"
    assert err == f"Dockerfile: {said}\n\n{SUMMARY}"


def test_a_dockerfile_that_git_does_not_track(repo: Path) -> None:
    git(repo, "rm", "--quiet", "--cached", "Dockerfile")
    commit(repo, {".gitignore": "Dockerfile\n"})
    err = dfix("--check", "--history", "Dockerfile", cwd=repo).err
    assert "note: git does not track the Dockerfile: it is replayed as it is now\n" in err


def test_a_shallow_clone(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--depth", "2", f"file://{repo}", "shallow")
    err = dfix("--check", "--history", ".", cwd=tmp_path / "shallow").err
    assert "Dockerfile: 1 build, one for each of the last commits" in err
    assert "note: the clone is shallow: `git fetch --unshallow` fetches the rest of the history\n" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--history", "0", "."), "Invalid value for '--history'"),
        (("--history", "-5", "."), "Invalid value for '--history'"),
        (("--history=x", "."), "Invalid value for '--history'"),
        (("--history", "x", "."), "x: no such file"),
        (("--history", "--statistics", "."), "--history prints sentences. Leave out --statistics"),
        (("--history", "--output-format", "json", "."), "ask `dfix layers` for JSON"),
        (("--history", "--show-settings", "."), "Leave out `-` and --show-settings"),
        (("--history", "--stdin-filename", "Dockerfile", "-"), "Leave out `-` and --show-settings"),
    ],
)
def test_what_cannot_be_asked(repo: Path, words: tuple[str, ...], said: str) -> None:
    answer = dfix(*words, cwd=repo)
    assert answer.status == 2
    assert said in " ".join(answer.err.split())

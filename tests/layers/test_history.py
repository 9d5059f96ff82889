"""`dfix layers --history` and `--since`: what git says, and what becomes of it."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from dfix.rewriter.cli.layers_command import execute
from dfix.rewriter.cli.layers_request import LayersRequest
from dfix.rewriter.cli.request import Request
from dfix.rewriter.layers.commits import Commit, history
from dfix.rewriter.layers.history_text import duration
from dfix.rewriter.layers.opened import Opened, opened
from dfix.rewriter.layers.past import read_again
from dfix.rewriter.layers.replay import Replayed, replay
from dfix.rewriter.measured.records import Took
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.revisions.git import GitError
from dfix.rewriter.text.source import Source
from tests.build_context import put
from tests.layers.repositories import commit, git, repository
from tests.layers.test_layers import layers, measured, valid_document
from tests.processor import allowed

LOCK = '{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "requires": true, "packages": {"": {"name": "x", "version": "1.0.0"}}}'
MANIFESTS = {"package.json": '{"name": "x", "version": "1.0.0"}\n', "package-lock.json": LOCK + "\n"}
DOCKERFILE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN npm run build\n"
FILES = {**MANIFESTS, "Dockerfile": DOCKERFILE, "src/a.js": "0", ".dockerignore": "*.md\n.git\n"}


def paths(folder: Path, most: int = 200, context: str = "") -> list[tuple[str, ...]]:
    found = history(str(folder / context), str(folder / context / "Dockerfile"), most)
    return [commit.paths for commit in found.commits]


def test_the_last_commits_with_their_paths(tmp_path: Path) -> None:
    repo = repository(tmp_path, FILES)
    commit(repo, {"src/a.js": "1"})
    commit(repo, {"src/b.js": "1", "x.md": "1"})
    commit(repo, {"src/a.js": None})
    commit(repo, {})
    assert paths(repo) == [(), ("src/a.js",), ("src/b.js", "x.md"), ("src/a.js",)]
    assert paths(repo, 2) == [(), ("src/a.js",)]


def test_only_paths_below_the_context(tmp_path: Path) -> None:
    repo = repository(tmp_path, {f"web/{name}": text for name, text in FILES.items()})
    commit(repo, {"web/src/a.js": "1", "website/b": "1", "c": "2"})
    assert paths(repo, context="web") == [("src/a.js",)]


def test_renames_are_followed_to_todays_name(tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(30))
    repo = repository(tmp_path, {"app/Dockerfile": DOCKERFILE, "app/one": text})
    commit(repo, {"app/one": text + "more\n"})
    git(repo, "mv", "app", "web")
    commit(repo, {})
    git(repo, "mv", "web/one", "web/two")
    commit(repo, {"web/two": text + "more\nand more\n"})
    newest, moved, edited = paths(repo, context="web")
    assert sorted(newest) == ["one", "two"]
    assert set(moved) == {"Dockerfile", "two"}
    assert edited == ("two",)


def test_a_merge_is_one_commit(tmp_path: Path) -> None:
    repo = repository(tmp_path, FILES)
    git(repo, "checkout", "--quiet", "-b", "side")
    for number in range(3):
        commit(repo, {f"side{number}": "1"})
    git(repo, "checkout", "--quiet", "main")
    commit(repo, {"main1": "1"})
    git(repo, "merge", "--quiet", "--no-ff", "-m", "merge", "side")
    assert paths(repo) == [("side0", "side1", "side2"), ("main1",)]


def test_names_of_any_kind(tmp_path: Path) -> None:
    names = ("a b", 'q"uo', "tab\there", "\x01mark", "new\nline", "M", "R100")
    repo = repository(tmp_path, FILES)
    commit(repo, dict.fromkeys(names, "1"))
    (repo / os.fsdecode(b"\xff")).write_text("1")
    commit(repo, {})
    assert paths(repo) == [(os.fsdecode(b"\xff"),), tuple(sorted(names))]


def notes(folder: Path, dockerfile: str = "Dockerfile") -> tuple[str, ...]:
    return history(str(folder), str(folder / dockerfile), 200).notes


def test_a_plain_repository_needs_no_note(tmp_path: Path) -> None:
    repo = repository(tmp_path, FILES)
    commit(repo, {"a": "1"})
    assert notes(repo) == ()


def test_a_shallow_clone(tmp_path: Path) -> None:
    repo = repository(tmp_path / "full", FILES)
    for number in range(5):
        commit(repo, {"src/a.js": str(number + 1)})
    git(tmp_path, "clone", "--quiet", "--depth", "3", f"file://{repo}", "shallow")
    assert paths(tmp_path / "shallow") == [("src/a.js",), ("src/a.js",)]
    assert any("shallow" in note for note in notes(tmp_path / "shallow"))


def test_a_dockerfile_that_git_does_not_track_or_that_had_another_name(tmp_path: Path) -> None:
    repo = repository(tmp_path, FILES)
    (repo / "Other").write_text(DOCKERFILE)
    assert notes(repo, "Other") == ("git does not track the Dockerfile: it is replayed as it is now",)
    (repo / "Other").unlink()
    git(repo, "mv", "Dockerfile", "New.Dockerfile")
    commit(repo, {})
    commit(repo, {"src/a.js": "1"})
    assert notes(repo, "New.Dockerfile") == ("the Dockerfile was Dockerfile before: it is replayed as it is now",)


def test_submodules(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", FILES)
    commit(inner, {"src/a.js": "1"})
    outer = repository(tmp_path / "outer", FILES)
    git(outer, "submodule", "--quiet", "add", str(inner), "vendor/inner")
    commit(outer, {})
    assert paths(outer) == [(".gitmodules", "vendor/inner")]
    assert notes(outer) == ("a commit that moves a submodule counts as one changed file",)
    assert any("in a submodule" in note for note in notes(outer / "vendor/inner"))


def test_no_repository_and_no_commits(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    with pytest.raises(GitError, match="not in a git repository"):
        paths(tmp_path)
    git(tmp_path, "init", "--quiet")
    with pytest.raises(GitError, match="the repository has no commits yet"):
        paths(tmp_path)
    (tmp_path / ".git/HEAD").write_text("nonsense")
    with pytest.raises(GitError, match="git"):
        paths(tmp_path)


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = repository(tmp_path, FILES)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GitError, match="git can't be started"):
        paths(repo)


def test_each_of_these_is_one_line_and_status_2(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    answer = layers("--history", "Dockerfile", cwd=tmp_path)
    assert answer.status == 2
    assert answer.err == (
        "Dockerfile: its build context is not in a git repository, so it has no history. "
        "Leave out --history and --since, or run dfix in a clone\n"
    )
    assert "RUN npm ci" in answer.out
    repository(tmp_path, FILES)
    answer = layers("--since", "no-such\x1b", "Dockerfile", cwd=tmp_path)
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert "names no commit of this repository: no-such\\x1b" in answer.err
    assert layers("--since=--output=x", "Dockerfile", cwd=tmp_path).status == 2
    assert not (tmp_path / "x").exists()


HOSTILE = """\
[core]
	fsmonitor = {script}
	pager = {script}
	sshCommand = {script}
	hooksPath = hooks
	editor = {script}
[diff]
	external = {script}
	orderFile = {fifo}
[diff "evil"]
	textconv = {script}
	command = {script}
[filter "evil"]
	clean = {script}
	smudge = {script}
	process = {script}
	required = true
[gpg]
	program = {script}
[log]
	showSignature = true
	diffMerges = off
[pager]
	log = {script}
	diff-tree = {script}
[alias]
	log = !{script}
[protocol "ext"]
	allow = always
[remote "origin"]
	url = ext::{script}
	promisor = true
	partialCloneFilter = blob:none
[extensions]
	partialClone = origin
"""


def test_git_runs_no_program_that_the_repository_names(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", FILES)
    for number in range(3):
        commit(repo, {"src/a.js": str(number + 1)})
    ran = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\n')
    script.chmod(0o755)
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        (repo / "hooks").mkdir(exist_ok=True)
        (repo / "hooks" / hook).write_text(script.read_text())
        (repo / "hooks" / hook).chmod(0o755)
    os.mkfifo(tmp_path / "fifo")
    (repo / ".gitattributes").write_text("* diff=evil filter=evil\n")
    with (repo / ".git/config").open("a") as config:
        config.write(HOSTILE.format(script=script, fifo=tmp_path / "fifo"))
    (repo / "src/a.js").write_text("edited")
    later = time.time() + 1000
    os.utime(repo / "src/a.js", (later, later))  # git takes it for one that may have changed without telling
    answer = layers("--history", "--since", "HEAD~2", "--output-format", "json", "Dockerfile", cwd=repo)
    assert answer.status == 0, answer.err
    (shown,) = valid_document(answer.out)["files"]
    assert shown["history"]["builds"] == 3
    assert "src/a.js" in shown["since"]["paths"]
    assert not ran.exists(), ran.read_text()


def test_a_lock_is_never_taken_and_nothing_is_written(tmp_path: Path) -> None:
    repo = repository(tmp_path, FILES)
    commit(repo, {"src/a.js": "1"})
    (repo / ".git/index.lock").write_text("")
    before = {path: path.stat().st_mtime_ns for path in (repo / ".git").rglob("*")}
    assert layers("--history", "--since", "HEAD~1", "Dockerfile", cwd=repo).status == 0
    assert before == {path: path.stat().st_mtime_ns for path in (repo / ".git").rglob("*")}


def found(folder: Path) -> Opened:
    answer = opened(str(folder / "Dockerfile"), Options())
    assert isinstance(answer, Opened)
    return answer


SPLIT = "FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n"


def test_the_replay_counts_builds_before_and_after(tmp_path: Path) -> None:
    repo = repository(tmp_path, FILES)
    read = found(repo)
    after = read_again(read, Source("Dockerfile", SPLIT))
    pairs = [Commit(str(n), ("src/a.js",)) for n in range(8)] + [
        Commit("x", ("package-lock.json",)),
        Commit("y", ("x.md",)),
    ]
    rows = replay(read, after, pairs)
    assert rows == (
        Replayed("npm ci", 4, 9, 1, True, "package-lock.json", 1),
        Replayed("npm run build", 5, 9, 9, False, "src/a.js", 8),
    )
    assert not rows[0].gains_little


def test_it_says_where_little_is_gained(tmp_path: Path) -> None:
    read = found(repository(tmp_path, FILES))
    after = read_again(read, Source("Dockerfile", SPLIT))
    pairs = [Commit(str(n), ("package-lock.json", "src/a.js")) for n in range(9)] + [Commit("x", ("src/a.js",))]
    (install, _) = replay(read, after, pairs)
    assert (install.before, install.after, install.gains_little) == (10, 9, True)


@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("RUN pip install -r a", "RUN pip install --no-cache-dir -r a", [("pip install -r a", True)]),
        ("RUN go build .", "RUN go mod download\nRUN go build .", [("go build .", True), ("go mod download", False)]),
        (
            "RUN poetry install",
            "RUN poetry install --no-root\nCOPY . .\nRUN poetry install",
            [("poetry install", True)],
        ),
        (
            "RUN npm ci\nRUN npm ci --omit=dev",
            "RUN npm ci\nRUN npm ci --omit=dev",
            [("npm ci", True), ("npm ci --omit=dev", True)],
        ),
        ("RUN a", "RUN b", [("a", False), ("b", False)]),
    ],
)
def test_commands_are_found_again(tmp_path: Path, before: str, after: str, counts: list[tuple[str, bool]]) -> None:
    repo = repository(tmp_path, {**FILES, "Dockerfile": f"FROM debian:12\n{before}\n"})
    read = found(repo)
    rows = replay(read, read_again(read, Source("Dockerfile", f"FROM debian:12\n{after}\n")), ())
    assert [(row.command, row.before is not None and row.after is not None) for row in rows] == counts


def test_the_history_in_sentences_and_as_json(tmp_path: Path) -> None:
    repo = repository(tmp_path, FILES)
    for number in range(6):
        commit(repo, {"src/a.js": f"{number + 1}"})
    commit(repo, {"x.md": "1"})
    answer = layers("Dockerfile", "--history", cwd=repo)
    assert (answer.status, answer.err) == (0, "")
    assert "7 builds, one for each of the last commits; 1 commit without a file of the build context" in answer.out
    assert "line 4: `npm ci` would have run in 6 of the last 7 builds; after dfix in 0\n" in answer.out
    assert "line 5: `npm run build` would have run in 6 of the last 7 builds; after dfix in 6\n" in answer.out
    answer = layers("--history", "3", "--output-format", "json", "Dockerfile", cwd=repo)
    past = valid_document(answer.out)["files"][0]["history"]
    assert (past["builds"], past["touching"], past["changed"]) == (3, 2, True)
    assert past["commands"][0] == {
        "command": "npm ci",
        "line": 4,
        "installs": True,
        "before": 2,
        "after": 0,
        "gains_little": False,
        "saved_seconds": None,
        "most": None,
    }


def test_since_names_the_first_instruction_and_why(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**FILES, "Dockerfile": SPLIT})
    commit(repo, {"src/a.js": "1", "x.md": "1"})
    (repo / "src/new.js").write_text("")
    answer = layers("--since", "HEAD~1", "Dockerfile", cwd=repo)
    assert answer.status == 0
    assert answer.out.endswith(
        "Changed since HEAD~1: 2 files of the build context\n"
        "line 5: `COPY . .` re-runs first, because src/a.js, src/new.js changed\n"
        "line 6: `RUN npm run build` also re-runs, because it comes after line 5\n\n"
    )


def test_since_sees_the_working_tree_as_it_is(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**FILES, "Dockerfile": SPLIT})
    later = time.time() + 1000
    os.utime(repo / "src/a.js", (later, later))
    (repo / ".gitignore").write_text("built\n")
    commit(repo, {})
    (repo / "built").write_text("1")
    assert "Nothing re-runs" in layers("--since", "HEAD", "Dockerfile", cwd=repo).out
    (repo / "src/a.js").chmod(0o755)
    assert "src/a.js changed" in layers("--since", "HEAD", "Dockerfile", cwd=repo).out


def test_since_sees_edits_of_the_dockerfile_and_of_the_ignore_file(tmp_path: Path) -> None:
    repo = repository(
        tmp_path, {**FILES, ".dockerignore": "Dockerfile\n.dockerignore\n.git\n*.md\n", "Dockerfile": SPLIT}
    )
    (repo / "Dockerfile").write_text(SPLIT.replace("npm ci", "npm ci --omit=dev"))
    out = layers("--since", "HEAD", "Dockerfile", cwd=repo).out
    assert "0 files of the build context and the Dockerfile's instructions" in out
    assert "line 4: `RUN npm ci --omit=dev` re-runs first, because it, or a setting above it, was edited" in out
    git(repo, "checkout", "--quiet", "Dockerfile")
    (repo / ".dockerignore").write_text("Dockerfile\n.dockerignore\n.git\n*.md\nsrc\n")
    out = layers("--since", "HEAD", "Dockerfile", cwd=repo).out
    assert "Changed since HEAD: 1 file of the build context\n" in out
    assert "`COPY . .` re-runs first, because src/a.js changed" in out


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Dockerfile", "FROM\n", "can't be built, so everything runs"),
        ("Other", SPLIT, "does not have this Dockerfile, so everything runs"),
    ],
)
def test_since_a_commit_that_has_no_build(tmp_path: Path, name: str, text: str, said: str) -> None:
    repo = repository(tmp_path, {**FILES, "Dockerfile": SPLIT, name: text})
    if name == "Other":
        git(repo, "rm", "--quiet", "Dockerfile")
        commit(repo, {})
    (repo / "Dockerfile").write_text(SPLIT)
    answer = layers("--since", "HEAD", "Dockerfile", cwd=repo)
    assert (answer.status, answer.err.count("\n")) == (2, 1)
    assert said in answer.err


def test_a_build_that_sends_git_runs_again_with_every_commit(tmp_path: Path) -> None:
    repo = repository(tmp_path, {**FILES, ".dockerignore": "*.md\n", "Dockerfile": SPLIT})
    for number in range(3):
        commit(repo, {"x.md": f"{number}"})
    out = layers("--history", "--since", "HEAD~1", "Dockerfile", cwd=repo).out
    assert "note: the build sends .git, which every commit changes: exclude it in .dockerignore\n" in out
    assert "line 6: `npm run build` would have run in 3 of the last 3 builds" in out
    assert "`COPY . .` re-runs first, because .git/HEAD changed" in out


def test_the_git_of_a_worktree_stays_the_same(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {**FILES, ".dockerignore": "*.md\n", "Dockerfile": SPLIT})
    for number in range(3):
        commit(repo, {"x.md": f"{number}"})
    git(repo, "worktree", "add", "--quiet", "--detach", "../tree")
    out = layers("--history", "--since", "HEAD~1", "Dockerfile", cwd=tmp_path / "tree").out
    assert "line 6: `npm run build` would have run in 0 of the last 3 builds" in out
    assert "Nothing re-runs" in out


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(f"COPY d{number}* /d{number}/\n" for number in range(900))
    taken = "".join(f"COPY --from=x /d{number}/x /y\n" for number in range(900))
    put(tmp_path, {f"d{number}-x": "" for number in range(300)} | {"Dockerfile": f"FROM a AS x\n{many}FROM b\n{taken}"})
    monkeypatch.setattr("dfix.rewriter.cli.layers_command.MOST_SECONDS", 0.5)
    assert execute(LayersRequest(Request((str(tmp_path / "Dockerfile"),)))) == 2


FAST_ENOUGH = 2.0
"""Seconds of CPU time for 200 commits of a repository with 20,000 files and 20,000 commits."""


def test_a_large_repository_is_read_quickly(tmp_path: Path) -> None:
    lines = ["commit refs/heads/main", "committer a <a@example.org> 1700000000 +0000", "data 1", "x"]
    files = {**FILES, **{f"src/{number % 200}/{number}.js": f"{number}\n" * 20 for number in range(20_000)}}
    for name, text in files.items():
        lines += [f"M 100644 inline {name}", f"data {len(text)}", text]
    for number in range(20_000):
        lines += [
            "commit refs/heads/main",
            f"committer a <a@example.org> {1_700_000_001 + number} +0000",
            "data 1",
            "x",
        ]
        for other in (number, number + 1):
            text = f"{number} {other}"
            lines += [f"M 100644 inline src/{other % 200}/{other % 20_000}.js", f"data {len(text)}", text]
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    script = tmp_path / ".git/script"
    script.write_text("\n".join(lines) + "\n")
    with script.open("rb") as stream:
        subprocess.run(["git", "fast-import", "--quiet"], cwd=tmp_path, stdin=stream, check=True)
    git(tmp_path, "checkout", "--quiet", "--force", "main")
    before = os.times()
    answer = layers("--history", "Dockerfile", cwd=tmp_path)
    after = os.times()
    assert "`npm ci` would have run in 200 of the last 200 builds; after dfix in 0" in answer.out
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    assert spent < allowed(FAST_ENOUGH)


def test_the_time_that_is_saved(tmp_path: Path) -> None:
    repo = repository(tmp_path, FILES)
    for number in range(3):
        commit(repo, {"src/a.js": f"{number + 1}"})
    measured(repo, {"npm ci": Took(70.0, None), "npm run build": Took(9.0, None)})
    answer = layers("--history", "Dockerfile", cwd=repo)
    assert (
        "line 4: `npm ci` would have run in 3 of the last 3 builds; after dfix in 0, which saves 4 min\n" in answer.out
    )
    assert "line 5: `npm run build` would have run in 3 of the last 3 builds; after dfix in 3\n" in answer.out
    (file,) = valid_document(layers("--history", "--output-format", "json", "Dockerfile", cwd=repo).out)["files"]
    assert [command["saved_seconds"] for command in file["history"]["commands"]] == [210.0, 0.0]


def test_a_step_of_several_slow_commands_tells_no_time(tmp_path: Path) -> None:
    text = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci && npm run build\n"
    repo = repository(tmp_path, {**FILES, "Dockerfile": text})
    commit(repo, {"src/a.js": "1"})
    measured(repo, {"npm ci": Took(70.0, None)})
    answer = layers("--history", "Dockerfile", cwd=repo)
    assert "line 4: `npm ci` would have run in 1 of the last 1 build; after dfix in 0\n" in answer.out


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.4, "0 s"), (12, "12 s"), (99, "99 s"), (100, "2 min"), (5999, "100 min"), (6000, "1.7 h")],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said

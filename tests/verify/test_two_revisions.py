"""`dfix verify --base`: which Dockerfiles are looked at, what is wrong with a command line, and one proof."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from dfix.rewriter.cli.main import run
from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.two_trees import TwoTrees
from dfix.rewriter.cli.verify_request import VerifyRequest
from dfix.rewriter.verify.two_revisions import TwoRevisions, changed
from dfix.rewriter.verify.workspace import Workspace
from tests.build_context import put
from tests.layers.repositories import commit, git, repository
from tests.verify.conftest import Verify

DOCKERFILE = "FROM busybox\nWORKDIR /app\nCOPY deps.txt ./\nRUN cp deps.txt /installed\nCOPY src src\n"
FILES = {
    "Dockerfile": DOCKERFILE,
    "deps.txt": "x\n",
    "src/a.sh": "echo a\n",
    "README.md": "r\n",
    ".dockerignore": "**/*.log\n.git\n",
}
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/schema/dfix-verify-1.json").read_text())

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path_factory: pytest.TempPathFactory
) -> Said:
    """`dfix verify` in this process, for what takes no engine; afterwards, its temporary folder is empty."""
    own = tmp_path_factory.mktemp("tmp")
    monkeypatch.setattr(tempfile, "tempdir", str(own))

    def verify(folder: Path, *words: str) -> tuple[int, str, str]:
        monkeypatch.chdir(folder)
        status = run(["verify", "--isolated", *words])
        assert list(own.iterdir()) == []
        return status, *capfd.readouterr()

    return verify


def seen(folder: Path, space: Path, *paths: str, head: str | None = None) -> dict[str, str]:
    """By Dockerfile: what there is to build, or why there is nothing."""
    space.mkdir(exist_ok=True)
    named = tuple(str(folder / path) for path in paths)
    found: dict[str, str] = {}
    request = VerifyRequest(Request(paths=named or (str(folder),), isolated=True), base="main~1", head=head)
    for task in TwoTrees(request, str(space)).tasks():
        name = str(Path(task.result.before.path).relative_to(folder))
        pair = task._pair
        if not task.builds:
            found[name] = task.unbuilt().verdict
            continue
        assert isinstance(pair, TwoRevisions)
        assert pair.new is not None
        if pair.old is None:
            found[name] = "new"
        else:
            differs = changed(pair.old, pair.new)
            found[name] = " ".join(["Dockerfile"] * differs.dockerfile + list(differs.sources))
    return found


def test_a_dockerfile_is_looked_at_if_it_or_a_file_that_its_build_reads_differs(tmp_path: Path) -> None:
    web = {f"web/{name}": text for name, text in FILES.items()}
    api = {f"api/{name}": text for name, text in FILES.items()}
    repo = repository(
        tmp_path / "repo", {**web, **api, "old/Dockerfile": "FROM a\nRUN x\n", "src.Dockerfile": "FROM b\n"}
    )
    commit(repo, {"web/src/a.sh": "echo b\n", "web/README.md": "s\n", "api/README.md": "s\n"})
    assert seen(repo, tmp_path / "1") == {"web/Dockerfile": "src/a.sh"}
    assert seen(repo, tmp_path / "2", "api", "api/Dockerfile") == {"api/Dockerfile": "unchanged"}
    assert seen(repo, tmp_path / "3", head="main") == {"web/Dockerfile": "src/a.sh"}
    commit(repo, {"api/Dockerfile": DOCKERFILE + "USER 1\n", "web/.dockerignore": ".git\n", "web/src/a.log": "1"})
    assert seen(repo, tmp_path / "4") == {"api/Dockerfile": "Dockerfile", "web/Dockerfile": "Dockerfile"}
    git(repo, "mv", "old/Dockerfile", "new.Dockerfile")
    commit(repo, {"src.Dockerfile": None, "extra/Dockerfile": "FROM c\nCOPY . /x\n"})
    assert seen(repo, tmp_path / "5") == {"extra/Dockerfile": "new", "src.Dockerfile": "gone"}


def test_the_working_tree_is_compared_as_it_is(tmp_path: Path, said: Said) -> None:
    repo = repository(tmp_path / "repo", {**FILES, ".gitignore": "dist\n"})
    commit(repo, {"Dockerfile": DOCKERFILE.replace("src src", "src dist ./")})
    (repo / "dist").mkdir()
    (repo / "dist/built.js").write_text("1")  # git ignores it, so it is no change, and both builds need it
    assert seen(repo, tmp_path / "1") == {"Dockerfile": "Dockerfile"}
    assert (tmp_path / "1/base-revision/dist/built.js").read_text() == "1"
    (repo / "deps.txt").chmod(0o664)  # git doesn't record that
    (repo / "src/new.sh").write_text("2")
    assert seen(repo, tmp_path / "2") == {"Dockerfile": "Dockerfile src/new.sh"}
    before = {path: path.lstat().st_mtime_ns for path in repo.rglob("*")}
    status, _, err = said(repo, "--base", "HEAD", "src")
    assert (status, "note: git does not track src/new.sh: the working tree is compared as it is, with them" in err) == (
        0,
        True,
    )
    assert before == {path: path.lstat().st_mtime_ns for path in repo.rglob("*")}


def test_a_link_of_the_old_commit_takes_no_file_out_of_its_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    repo = repository(tmp_path / "repo", {**FILES, ".gitignore": "dist/\n"})
    (repo / "dist").symlink_to(outside)
    commit(repo, {"Dockerfile": "FROM busybox\nCOPY . .\n"})
    (repo / "dist").unlink()
    commit(repo, {"Dockerfile": "FROM busybox\nCOPY . /app\n"})
    (repo / "dist").mkdir()
    (repo / "dist/x").write_text("1")
    assert seen(repo, tmp_path / "1") == {"Dockerfile": "Dockerfile dist dist/x"}
    assert list(outside.iterdir()) == []


def test_a_file_of_the_old_commit_where_git_ignores_a_folder_now_stays(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {**FILES, "Dockerfile": "FROM a\nCOPY . .\n", "dist": "1"})
    commit(repo, {"dist": None, ".gitignore": "dist/\nlog/\n", "Dockerfile": "FROM b\nCOPY . .\n"})
    put(repo, {"dist/deep/x": "1", "dist/y": "1", "log/z": "1"})
    assert "dist/deep/x" in seen(repo, tmp_path / "1")["Dockerfile"]
    base = tmp_path / "1/base-revision"
    assert ((base / "dist").read_text(), (base / "log/z").read_text()) == ("1", "1")


NODE = 'FROM node:22\nWORKDIR /app\nCOPY package*.json ./\nRUN npm ci\nCOPY . .\nEXPOSE 3000\nCMD ["npm", "start"]\n'
PYTHON = (
    "FROM python:3\nWORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r requirements.txt\nCOPY . .\n"
    'EXPOSE 8000\nCMD ["python", "start.py"]\n'
)


def test_a_change_cannot_hide_its_own_dockerfile(tmp_path: Path) -> None:
    """Neither a .gitignore, as git tracks the file, nor settings that the base doesn't have."""
    names = ("Dockerfile", "web/Dockerfile", "old/Dockerfile", "vendor/Dockerfile", "vendor/same.Dockerfile")
    repo = repository(tmp_path / "repo", {**dict.fromkeys(names, NODE), "dfix.toml": 'exclude = ["vendor"]\n'})
    changed_ones = dict.fromkeys(names[:4], NODE + "USER 1\n")
    settings = 'exclude = ["web", "new", "vendor"]\n'
    commit(repo, {**changed_ones, "new/Dockerfile": PYTHON, "dfix.toml": settings})
    put(repo, {".gitignore": "Dockerfile\n"})
    git(repo, "add", ".gitignore")
    git(repo, "commit", "--quiet", "--amend", "-m", "x")
    put(repo, {"ignored/Dockerfile": PYTHON})
    told = "has changed, but the settings exclude it: name it to have it compared"
    for head in (None, "main"):
        (space := tmp_path / str(head)).mkdir()
        trees = TwoTrees(VerifyRequest(Request(paths=(str(repo),)), base="main~1", head=head), str(space))
        found = [str(Path(task.result.before.path).relative_to(repo)) for task in trees.tasks()]
        assert found == ["Dockerfile", "old/Dockerfile", "web/Dockerfile"]
        assert trees.compared.notes == (f"new/Dockerfile {told}", f"vendor/Dockerfile {told}")


@pytest.mark.parametrize("paths", [(), ("docker",), ("docker/Dockerfile",), ("web",), ("web/Dockerfile",)])
def test_a_dockerfile_with_a_new_name_is_still_the_same_one(tmp_path: Path, paths: tuple[str, ...]) -> None:
    repo = repository(tmp_path / "repo", {"web/Dockerfile": NODE, "a": "1"})
    commit(repo, {"web/Dockerfile": None, "docker/Dockerfile": NODE + "USER 1\n", "b": "1"})
    space = tmp_path / "space"
    space.mkdir()
    request = VerifyRequest(Request(paths=tuple(str(repo / path) for path in paths or ("",))), base="main~1")
    (task,) = TwoTrees(request, str(space)).tasks()
    proof = task.unbuilt()
    assert (task.builds, proof.result.before.path) == (True, str(repo / "docker/Dockerfile"))
    assert proof.was == str(repo / "web/Dockerfile")


def test_another_dockerfile_in_its_place_is_new(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"web/Dockerfile": NODE})
    commit(repo, {"web/Dockerfile": None, "api/Dockerfile": PYTHON})
    assert seen(repo, tmp_path / "1") == {"api/Dockerfile": "new", "web/Dockerfile": "gone"}


def test_faulty_settings_of_the_base_are_named_with_their_revision(tmp_path: Path, said: Said) -> None:
    repo = repository(tmp_path / "repo", {**FILES, "web/dfix.toml": 'context = "../.."\n', "web/Dockerfile": NODE})
    commit(repo, {"web/dfix.toml": "", "web/Dockerfile": PYTHON, "..Dockerfile": "FROM a\n"})
    base = git(repo, "rev-parse", "HEAD~1").strip()
    trees = TwoTrees(VerifyRequest(Request(paths=(str(repo / "web"),)), base="HEAD~1"), str(tmp_path))
    (task,) = trees.tasks()
    assert task.unbuilt().message.startswith(f"web/dfix.toml:1 of {base[:12]}: `context` is outside of {repo}")
    status, _, err = said(repo, "--base", "HEAD", "..Dockerfile")
    assert (status, err.splitlines()[-1]) == (0, "1 Dockerfile: 1 unchanged")


def test_a_signal_does_not_stop_the_clean_up(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary folder is empty afterwards, which `said` looks at."""
    repo = repository(tmp_path / "repo", FILES)
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]

    def close(space: Workspace) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)
        closed(space)

    closed = Workspace.close
    monkeypatch.setattr(Workspace, "close", close)
    status, _, _ = said(repo, "--base", "HEAD")
    assert status == 0
    assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


def test_what_is_wrong_with_a_command_line(tmp_path: Path, said: Said) -> None:
    repo = repository(tmp_path / "repo", FILES)
    plain = tmp_path / "plain"
    plain.mkdir()
    for words, message in (
        (("--head", "main"), "--head needs --base REF"),
        (("--head", "", "."), "--head needs --base REF"),
        (("--base", "", "."), "--base names no commit: it is empty"),
        (("--base", "main", "--head", ""), "--head names no commit: it is empty"),
        (("--base", "^HEAD"), "--base names no single commit: ^HEAD"),
        (("--base", "main", "--clean"), "--clean compares nothing"),
        (("--head", "main", "--clean"), "--clean compares nothing"),
        (("--base", "main", "--against", "x", "Dockerfile"), "--base and --against cannot be combined"),
        (("--against", "", "Dockerfile"), "--against: no such file"),
        (("--base", "main", "--write"), "--base writes nothing"),
        (("--base", "nowhere"), "--base names no commit of this repository: nowhere. Name a commit, a branch or a tag"),
        (("--base", "main", "--head", "nowhere"), "--head names no commit of this repository: nowhere"),
        (("--base", "--output=x"), "--base names no commit"),
        (
            ("--base", "main", "missing"),
            "missing: cannot be proven: neither of the revisions has it. Name a Dockerfile or a folder",
        ),
        (("--base", "main", str(plain)), "is not in a git repository"),
    ):
        status, out, err = said(repo, *words)
        assert (status, out, message in err) == (2, "", True), (words, err)


def test_nothing_to_compare_takes_no_engine(tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = repository(tmp_path / "repo", {**FILES, "old.Dockerfile": "FROM a\n"})
    commit(repo, {"README.md": "s\n", "old.Dockerfile": None})
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    status, out, err = said(repo, "--base", "HEAD~1")
    base = git(repo, "rev-parse", "HEAD~1").strip()
    compared = f"compared: commit {base[:12]} with the working tree\n"
    assert (status, out, err) == (0, "old.Dockerfile: no longer there\n", f"{compared}1 Dockerfile: 1 gone\n")
    status, out, _ = said(repo, "--base", "HEAD~1", "--output-format", "json", "Dockerfile")
    found = json.loads(out)
    jsonschema.validate(found, SCHEMA)
    assert found["compared"] == {"base": base, "head": "", "notes": []}
    assert [(file["path"], file["verdict"]) for file in found["files"]] == [("Dockerfile", "unchanged")]


def test_reports_are_written_whatever_is_printed(tmp_path: Path, said: Said) -> None:
    repo = repository(tmp_path / "repo", FILES)
    place = tmp_path / "verify"
    status, out, _ = said(repo, "--base", "HEAD", "--report", f"{place}.md", "--report", f"{place}.json")
    assert (status, out) == (0, "")
    assert Path(f"{place}.md").read_text().startswith("<!-- dfix verify -->\n### dfix verify: nothing to compare\n")
    jsonschema.validate(json.loads(Path(f"{place}.json").read_text()), SCHEMA)
    assert said(repo, "--base", "none", "--report", f"{place}.md", "--report", f"{place}.json")[0] == 2
    assert "nothing is shown\n\n<code>&#45;&#45;base names no commit" in Path(f"{place}.md").read_text()
    document = json.loads(Path(f"{place}.json").read_text())
    jsonschema.validate(document, SCHEMA)
    assert document["error"].startswith("--base names no commit of this repository: none. ")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
def test_a_full_disk_leaves_no_half_report_and_no_earlier_verdict(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = repository(tmp_path / "repo", FILES)
    lost, kept = tmp_path / "lost.json", tmp_path / "kept.md"
    opened = os.open

    def full(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        found = opened(path, flags, mode, dir_fd=dir_fd)
        if path != str(lost):
            return found
        os.close(found)
        return opened("/dev/full", os.O_WRONLY)

    monkeypatch.setattr(os, "open", full)
    for base in ("HEAD", "none"):
        lost.write_text("an earlier verdict")
        kept.unlink(missing_ok=True)
        status, _, err = said(repo, "--base", base, "--report", str(lost), "--report", str(kept))
        assert status == 2
        assert err.count("\n") == (3 if base == "HEAD" else 2), "also what is compared, and a summary"
        assert f"dfix: {lost}: No space left on device. Free some space\n" in err
        assert not lost.exists()
        assert kept.read_text().startswith("<!-- dfix verify -->\n")


def test_a_report_is_no_link_of_the_change(tmp_path: Path, said: Said) -> None:
    repo = repository(tmp_path / "repo", FILES)
    (tmp_path / "outside.md").write_text("kept")
    (repo / "verify.md").symlink_to(tmp_path / "outside.md")
    for name, why in (
        ("verify.md", "--report: verify.md is not a regular file. Name another one"),
        ("src/.md", "--report takes a name that ends in .json or .md, not src/.md"),
        ("none/verify.md", "--report: no such folder: none. Make it first"),
        ("verify.txt", "--report takes a name that ends in .json or .md, not verify.txt"),
        ("", "--report takes a name that ends in .json or .md, not none"),
    ):
        assert said(repo, "--base", "HEAD", "--report", name) == (2, "", f"dfix: {why}\n")
    assert (tmp_path / "outside.md").read_text() == "kept"


def test_a_shallow_clone_is_compared_with_the_commit_itself(tmp_path: Path, said: Said) -> None:
    repo = repository(tmp_path / "repo", FILES)
    git(repo, "checkout", "--quiet", "-b", "side")
    commit(repo, {"README.md": "s\n"})
    git(repo, "checkout", "--quiet", "main")
    commit(repo, {"README.md": "t\n"})
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--branch", "side", f"file://{repo}", "shallow")
    shallow = tmp_path / "shallow"
    git(shallow, "fetch", "--quiet", "--depth", "1", "origin", "main:refs/remotes/origin/main")
    status, _, err = said(shallow, "--base", "origin/main")
    note = "note: compared with origin/main itself, not with the commit where it parts from HEAD: the clone is shallow"
    assert (status, err.splitlines()[1:]) == (0, [note, "0 Dockerfiles: nothing to do"])


def test_both_questions_are_answered_apart(verify: Verify, tmp_path: Path) -> None:
    """Also a rewrite whose image differs only because of an edit of the sources stays proven."""
    repo = repository(tmp_path / "repo", {**FILES, "web/Dockerfile": "FROM busybox\nCOPY x /x\n", "web/x": "1\n"})
    moved = "FROM busybox\nWORKDIR /app\nCOPY deps.txt ./\nCOPY src src\nRUN cp deps.txt /installed\n"
    commit(
        repo,
        {"Dockerfile": moved, "src/a.sh": "echo b\n", "web/Dockerfile": "FROM busybox\nCOPY y /x\n", "web/y": "1\n"},
    )
    found = verify("--base", "HEAD~1", "--no-measure", "--no-watch", "--output-format=json", str(repo))
    document = json.loads(found.out)
    jsonschema.validate(document, SCHEMA)
    one, other = document["files"]
    assert (one["verdict"], one["sources"]["paths"]) == ("proven", ["src/a.sh"])
    assert [(row["path"], row["what"]) for row in one["sources"]["differences"]] == [
        ("/app/src/a.sh", "content differs (7 bytes, as before)")
    ]
    assert (other["verdict"], other["sources"]["paths"]) == ("proven", [])
    assert found.status == 0

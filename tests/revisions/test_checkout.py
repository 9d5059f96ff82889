"""The files of a commit in a folder, without the programs that a checkout by git would run."""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from dfix.rewriter.revisions.checkout import check_out
from dfix.rewriter.revisions.git import GitError, Repository
from dfix.rewriter.revisions.named_commit import fork_of, named_commit
from tests.layers.repositories import commit, git, repository


def checked_out(repo: Path, folder: Path, ref: str = "HEAD", *, like: bool = False) -> list[str]:
    folder.mkdir()
    found = Repository(str(repo))
    return check_out(found, named_commit(found, ref, "--base"), str(folder), str(repo) if like else "")


def test_files_links_and_modes_are_those_of_the_commit(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"a.txt": "1", "bin/run": "#!/bin/sh\n", "ü ö.txt": "2\r\n"})
    (repo / "bin/run").chmod(0o755)
    (repo / "link").symlink_to("../outside")
    commit(repo, {"a.txt": "2"})
    commit(repo, {"a.txt": "3", "bin/run": None})
    assert checked_out(repo, tmp_path / "then", "HEAD~1") == []
    then = tmp_path / "then"
    assert sorted(path.relative_to(then).as_posix() for path in then.rglob("*")) == [
        "a.txt", "bin", "bin/run", "link", "ü ö.txt",
    ]  # fmt: skip
    assert ((then / "a.txt").read_text(), (then / "ü ö.txt").read_bytes()) == ("2", b"2\r\n")
    assert os.readlink(then / "link") == "../outside"
    assert [oct((then / name).stat().st_mode & 0o777) for name in ("a.txt", "bin", "bin/run")] == [
        "0o644", "0o755", "0o755",
    ]  # fmt: skip


def test_what_git_does_not_record_is_like_the_working_tree(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"same.txt": "1", "program": "1", "folder/x": "1"})
    (repo / "same.txt").chmod(0o664)
    (repo / "folder").chmod(0o775)
    (repo / "program").chmod(0o775)  # the commit has it as no program
    checked_out(repo, tmp_path / "then", like=True)
    modes = [(tmp_path / "then" / name).stat().st_mode & 0o777 for name in ("same.txt", "folder", "program")]
    assert modes == [0o664, 0o775, 0o644]


def test_no_program_of_the_repository_is_started_and_nothing_in_it_changes(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    evil = tmp_path / "evil"
    evil.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    evil.chmod(0o755)
    repo = repository(tmp_path / "repo", {"a.txt": "1", ".gitattributes": "* filter=evil diff=evil text eol=crlf\n"})
    with (repo / ".git/config").open("a") as config:
        config.write(
            f'[core]\nfsmonitor = {evil}\n[filter "evil"]\nsmudge = {evil}\nclean = {evil}\nprocess = {evil}\n'
        )
        config.write(f'required = true\n[diff "evil"]\ntextconv = {evil}\ncommand = {evil}\n')
    (repo / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-checkout", "post-index-change"):
        (repo / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch {ran}\n")
        (repo / ".git/hooks" / hook).chmod(0o755)
    before = {path: path.stat().st_mtime_ns for path in repo.rglob("*")}
    notes = checked_out(repo, tmp_path / "then", like=True)
    assert notes == [".gitattributes has git convert files (filter=evil): dfix takes them as the repository has them"]
    assert not ran.exists()
    assert before == {path: path.stat().st_mtime_ns for path in repo.rglob("*")}


@pytest.mark.parametrize("name", ["../out", ".git/config", "a/.GIT/hooks/x"])
def test_a_commit_with_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    repo = repository(tmp_path / "repo", {"a": "1"})
    blob = git(repo, "hash-object", "-w", "a").strip()
    tree = raw_tree(repo, name.split("/"), blob)
    made = git(repo, "commit-tree", "-m", "x", tree).strip()
    with pytest.raises(GitError, match="does not check out"):
        checked_out(repo, tmp_path / "then", made)
    assert list((tmp_path / "then").iterdir()) == []


def raw_tree(repo: Path, names: list[str], blob: str) -> str:
    """A tree that git's own commands would not make."""
    mode, inner = ("100644", blob) if len(names) == 1 else ("40000", raw_tree(repo, names[1:], blob))
    data = f"{mode} {names[0]}\0".encode() + bytes.fromhex(inner)
    words = ["git", "hash-object", "-w", "-t", "tree", "--stdin", "--literally"]
    return subprocess.run(words, cwd=repo, input=data, capture_output=True, check=True).stdout.decode().strip()


def test_a_link_and_a_folder_of_the_same_name_lead_nowhere(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    repo = repository(tmp_path / "repo", {"a": "1", "target": str(outside)})
    file = git(repo, "hash-object", "-w", "a").strip()
    link = git(repo, "hash-object", "-w", "target").strip()
    inner = raw_tree(repo, ["x"], file)
    data = b"120000 d\0" + bytes.fromhex(link) + b"40000 d\0" + bytes.fromhex(inner)
    words = ["git", "hash-object", "-w", "-t", "tree", "--stdin", "--literally"]
    tree = subprocess.run(words, cwd=repo, input=data, capture_output=True, check=True).stdout.decode().strip()
    made = git(repo, "commit-tree", "-m", "x", tree).strip()
    with pytest.raises(OSError, match="exists"):
        checked_out(repo, tmp_path / "then", made)
    assert list(outside.iterdir()) == []


def lfs_pointer(content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{digest}\nsize {len(content)}\n"


def test_pointers_of_git_lfs_become_the_content_that_is_there(tmp_path: Path) -> None:
    files = {name: lfs_pointer(name.encode()) for name in ("here.bin", "stored.bin", "nowhere.bin")}
    repo = repository(tmp_path / "repo", {**files, "no.bin": "version https://git-lfs.github.com/spec/v1\n"})
    (repo / "here.bin").write_bytes(b"here.bin")  # as in a working tree with Git LFS
    digest = hashlib.sha256(b"stored.bin").hexdigest()
    store = repo / ".git/lfs/objects" / digest[:2] / digest[2:4]
    store.mkdir(parents=True)
    (store / digest).write_bytes(b"stored.bin")
    notes = checked_out(repo, tmp_path / "then", like=True)
    found = {name: (tmp_path / "then" / name).read_text() for name in files}
    assert found == {"here.bin": "here.bin", "stored.bin": "stored.bin", "nowhere.bin": files["nowhere.bin"]}
    assert notes == [
        "Git LFS has not fetched nowhere.bin, so the build gets pointers: `git lfs fetch --all` fetches them"
    ]


def test_submodules_are_those_of_the_commit_or_reported(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"x": "old"})
    outer = repository(tmp_path / "outer", {"a": "1"})
    git(outer, "submodule", "--quiet", "add", str(inner), "vendor/inner")
    commit(outer, {"a": "2"})
    commit(outer / "vendor/inner", {"x": "new"})
    commit(outer, {"a": "3"})
    assert checked_out(outer, tmp_path / "then", "HEAD~1", like=True) == []
    assert (tmp_path / "then/vendor/inner/x").read_text() == "old"
    (note,) = checked_out(outer, tmp_path / "without", "HEAD~1")
    assert note.startswith("the submodule vendor/inner is missing at ")
    assert list((tmp_path / "without/vendor/inner").iterdir()) == []


def test_a_clone_that_lacks_files_says_so(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"a": "1"})
    object_ = git(repo, "rev-parse", "HEAD:a").strip()
    (repo / ".git/objects" / object_[:2] / object_[2:]).unlink()
    with pytest.raises(GitError, match="lacks the content") as caught:
        checked_out(repo, tmp_path / "then")
    assert "git fetch" in caught.value.hint


def test_names_of_commits(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"a": "1"})
    first = git(repo, "rev-parse", "HEAD").strip()
    git(repo, "checkout", "--quiet", "-b", "side")
    commit(repo, {"b": "1"})
    git(repo, "checkout", "--quiet", "main")
    commit(repo, {"c": "1"})
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{repo}", "shallow")
    found = Repository(str(repo))
    assert fork_of(found, named_commit(found, "main", "--base"), named_commit(found, "side", "--head")) == first
    with pytest.raises(GitError, match="--base names no commit of this repository: nowhere") as caught:
        named_commit(Repository(str(tmp_path / "shallow")), "nowhere", "--base")
    assert "shallow" in caught.value.hint
    for wrong in ("", "--output=x", "a\0b"):
        with pytest.raises(GitError, match="--base names no commit"):
            named_commit(found, wrong, "--base")

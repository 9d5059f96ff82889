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
    return tree_of(repo, (mode, names[0], inner))


def tree_of(repo: Path, *listed: tuple[str, str, str]) -> str:
    """The same, with mode, name and object of each entry."""
    data = b"".join(f"{mode} {name}\0".encode() + bytes.fromhex(object_) for mode, name, object_ in listed)
    words = ["git", "hash-object", "-w", "-t", "tree", "--stdin", "--literally"]
    return subprocess.run(words, cwd=repo, input=data, capture_output=True, check=True).stdout.decode().strip()


def blob_of(repo: Path, content: bytes) -> str:
    words = ["git", "hash-object", "-w", "--stdin"]
    return subprocess.run(words, cwd=repo, input=content, capture_output=True, check=True).stdout.decode().strip()


@pytest.mark.parametrize("kinds", ["link folder", "link submodule", "submodule link", "file file", "submodule folder"])
def test_two_entries_of_one_name_lead_nowhere(tmp_path: Path, kinds: str) -> None:
    """The submodule has a commit that the clone has, too, so that its files would be written."""
    outside = tmp_path / "outside"
    outside.mkdir()
    repo = repository(tmp_path / "repo", {"a": "1"})
    inner = repository(repo / "x", {"evil": "1"})
    file = git(repo, "rev-parse", "HEAD:a").strip()
    entry = {
        "file": ("100644", "x", file),
        "folder": ("40000", "x", raw_tree(repo, ["y"], file)),
        "link": ("120000", "x", blob_of(repo, bytes(outside))),
        "submodule": ("160000", "x", git(inner, "rev-parse", "HEAD").strip()),
    }
    tree = tree_of(repo, *(entry[kind] for kind in kinds.split()))
    made = git(repo, "commit-tree", "-m", "x", tree).strip()
    with pytest.raises(GitError, match="two entries of the same name: x"):
        checked_out(repo, tmp_path / "then", made, like=True)
    assert list(outside.iterdir()) == []


def test_a_disk_that_ignores_case_makes_no_difference(tmp_path: Path) -> None:
    """As if `x` and `X` were one: what a submodule brings is there before another one is written."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (tmp_path / "then/X").mkdir(parents=True)
    (tmp_path / "then/X/y").symlink_to(outside)
    repo = repository(tmp_path / "repo", {"a": "1"})
    inner = repository(repo / "X/y", {"evil": "1"})
    tree = tree_of(repo, ("160000", "y", git(inner, "rev-parse", "HEAD").strip()))
    made = git(repo, "commit-tree", "-m", "x", tree_of(repo, ("40000", "X", tree))).strip()
    with pytest.raises(GitError, match="the same on this disk: X/y"):
        check_out(Repository(str(repo)), made, str(tmp_path / "then"), str(repo))
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "name"),
    [(b"", "x"), (b"a\0b", "x"), (b"a" * 5000, "x"), (b"a", "n" * 300)],
    ids=["empty", "null", "long", "long-name"],
)
def test_a_link_that_cannot_be_made_is_named(tmp_path: Path, target: bytes, name: str) -> None:
    repo = repository(tmp_path / "repo", {"a": "1"})
    tree = tree_of(repo, ("120000", name, blob_of(repo, target)))
    made = git(repo, "commit-tree", "-m", "x", tree).strip()
    with pytest.raises(GitError, match=f"the commit has .*{name[:99]}") as caught:
        checked_out(repo, tmp_path / "then", made)
    assert str(tmp_path) not in str(caught.value)
    assert len(str(caught.value)) < 320


@pytest.mark.parametrize("variable", ["GIT_TRACE_PACK_ACCESS", "GIT_TRACE"])
def test_traces_do_not_keep_git_from_going_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    repo = repository(tmp_path / "repo", {f"{number}.txt": str(number) for number in range(100)})
    monkeypatch.setenv(variable, str(tmp_path / "trace"))
    checked_out(repo, tmp_path / "then")
    assert not (tmp_path / "trace").exists()


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
    for wrong in ("", "--output=x", "a\0b", "^HEAD", "HEAD^@", "main..side", "HEAD:b"):
        with pytest.raises(GitError, match="--base names no "):
            named_commit(found, wrong, "--base")

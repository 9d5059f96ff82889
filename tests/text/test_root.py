"""The root: which folder it is, and what leads out of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dfix.rewriter.text.discover import FoundFile, discover
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import is_shared, leads_out, root_of, upwards
from tests.build_context import put


@pytest.mark.parametrize("inner", ["Dockerfile", "docker/Dockerfile", "a/b/c/d/e/f/g/h/Dockerfile"])
def test_the_root_is_that_of_the_repository(tmp_path: Path, inner: str) -> None:
    put(tmp_path, {"repo/.git/HEAD": "", f"repo/{inner}": ""})
    assert root_of(str(tmp_path / "repo" / inner)) == str(tmp_path / "repo")
    assert root_of(str(tmp_path / "repo" / inner), str(tmp_path)) == str(tmp_path / "repo")


def test_a_worktree_and_a_submodule_have_a_file(tmp_path: Path) -> None:
    put(tmp_path, {"repo/.git/HEAD": "", "repo/sub/.git": "gitdir: ../.git/modules/sub\n", "repo/sub/x/Dockerfile": ""})
    assert root_of(str(tmp_path / "repo/sub/x/Dockerfile")) == str(tmp_path / "repo/sub")
    assert root_of(str(tmp_path / "repo/Dockerfile")) == str(tmp_path / "repo")


def test_a_pipe_named_git_makes_no_repository(tmp_path: Path) -> None:
    put(tmp_path, {"repo/.git/HEAD": "", "repo/sub/Dockerfile": ""})
    os.mkfifo(tmp_path / "repo/sub/.git")
    assert root_of(str(tmp_path / "repo/sub/Dockerfile")) == str(tmp_path / "repo")


def test_outside_of_a_repository(tmp_path: Path) -> None:
    put(tmp_path, {"a/b/Dockerfile": ""})
    path = str(tmp_path / "a/b/Dockerfile")
    assert root_of(path) == str(tmp_path / "a/b")
    assert root_of(path, str(tmp_path / "a")) == str(tmp_path / "a")


def test_a_path_that_is_not_there_yet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"repo/.git/HEAD": ""})
    assert root_of(str(tmp_path / "repo/new/x/Dockerfile")) == str(tmp_path / "repo")
    monkeypatch.chdir(tmp_path)
    assert root_of("Dockerfile") == str(tmp_path)
    assert root_of("a\0b")


def test_a_repository_that_is_entered_through_a_link(tmp_path: Path) -> None:
    put(tmp_path, {"repo/.git/HEAD": "", "repo/docker/Dockerfile": ""})
    (tmp_path / "link").symlink_to("repo/docker")
    assert root_of(str(tmp_path / "link/Dockerfile")) == str(tmp_path / "repo")


def roots(paths: list[str]) -> dict[str, str]:
    found = discover(paths, lambda _path, _root: False)
    return {item.path: item.root for item in found if isinstance(item, FoundFile)}


def test_each_file_of_a_search_has_the_root_of_its_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    put(
        tmp_path,
        {
            "one/.git/HEAD": "",
            "one/Dockerfile": "",
            "one/sub/.git": "gitdir: x\n",
            "one/sub/a/Dockerfile": "",
            "two/.git/HEAD": "",
            "two/x/Dockerfile": "",
            "none/x/Dockerfile": "",
        },
    )
    one, two, none = (str(tmp_path / name) for name in ("one", "two", "none"))
    inner = {"one/Dockerfile": one, "one/sub/a/Dockerfile": f"{one}/sub", "two/x/Dockerfile": two}
    assert roots(["one", "two", "none"]) == {**inner, "none/x/Dockerfile": none}
    assert roots(["."]) == {**inner, "none/x/Dockerfile": str(tmp_path)}
    assert roots(["none/x/Dockerfile", "two/x"]) == {"none/x/Dockerfile": f"{none}/x", "two/x/Dockerfile": two}


def test_a_folder_that_leads_out_is_not_searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"repo/.git/HEAD": "", "repo/in/Dockerfile": "", "out/Dockerfile": ""})
    (tmp_path / "repo/docker").symlink_to("../out")
    (tmp_path / "repo/also").symlink_to("in")
    monkeypatch.chdir(tmp_path / "repo")
    (found,) = discover(["docker"], lambda _path, _root: False)
    assert isinstance(found, Problem)
    assert "outside of" in found.message
    assert roots(["also"]) == {"also/Dockerfile": str(tmp_path / "repo")}


def test_what_leads_out(tmp_path: Path) -> None:
    put(tmp_path, {"root/a/file": "", "root/.git/config": "", "root/a/.hg/hgrc": "", "rootless/file": "", "file": ""})
    root = tmp_path / "root"
    targets = {
        "inside": "a/file",
        "outside": "../file",
        "beside": "../rootless/file",
        "absolute": "/etc/passwd",
        "back": "../root/a/file",
        "folder": "..",
        "loop": "loop",
        "git": ".git/config",
        "hg": "a/.hg/hgrc",
        "dangling": "a/absent",
        "dangling-outside": "../absent",
    }
    for name, target in targets.items():
        (root / name).symlink_to(target)
    followed = {"inside", "back", "loop", "dangling"}
    for name in targets:
        assert leads_out(str(root / name), (str(root),)) is (name not in followed), name
    for path in ("folder/file", "folder/root/a/../../file", "a/../../file", ".git/config", "../file", "outside/x"):
        assert leads_out(f"{root}/{path}", (str(root),)), path
    for path in ("", "/", "/a", "/a/file", "/absent/x", "/a/../a/file", "/folder/root/a/file", "/.github/x"):
        assert not leads_out(f"{root}{path}", (str(root),)), path
    assert not leads_out(str(tmp_path / "file"), (str(root), str(tmp_path)))
    assert not leads_out("/etc/passwd", ("/",))


def test_upwards_ends_at_the_root(tmp_path: Path) -> None:
    deep = f"{tmp_path}/{'d/' * 40}x"
    assert list(upwards(deep, str(tmp_path)))[-1] == str(tmp_path)
    assert list(upwards(str(tmp_path), str(tmp_path))) == [str(tmp_path)]
    assert list(upwards("/etc", str(tmp_path))) == ["/etc"]


def test_folders_that_belong_to_no_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_shared("/")
    assert is_shared("/tmp")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    put(tmp_path, {"home/a/x": "", "temporary/x": ""})
    assert is_shared(str(tmp_path / "home"))
    assert is_shared(str(tmp_path / "temporary"))
    assert not is_shared(str(tmp_path / "home/a"))
    put(tmp_path, {"home/.git/HEAD": ""})
    assert not is_shared(str(tmp_path / "home"))

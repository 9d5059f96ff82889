from __future__ import annotations

import os
from pathlib import Path

import pytest

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.folder import Context
from tests.build_context import MakeContext


def test_what_ships(make_context: MakeContext) -> None:
    context = make_context(
        {"a.txt": "", "src/b.js": "", "node_modules/x/c.js": "", ".dockerignore": "node_modules\n*.txt\n"}
    )
    assert context.below("") == (".dockerignore", "src/b.js")
    assert context.ships("src/b.js")
    assert not context.ships("a.txt")
    assert not context.ships("src")
    assert context.ships_any("src")
    assert not context.ships_any("node_modules")
    assert context.exists("a.txt")


def test_the_dockerfiles_own_ignore_file_wins(make_context: MakeContext) -> None:
    context = make_context({"a": "", "b": "", ".dockerignore": "a\n", "Dockerfile.dockerignore": "b\n"})
    assert context.ships("a")
    assert not context.ships("b")
    assert context.ignore_name == "Dockerfile.dockerignore"


def test_a_broken_ignore_file_is_a_fault(make_context: MakeContext) -> None:
    assert "line 1" in make_context({".dockerignore": "[a\n"}).fault


def test_nothing_outside_is_read(make_context: MakeContext, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside.txt"
    outside.write_text("secret")
    context = make_context({"in.txt": "yes", "sub/x": ""})
    (tmp_path / "out").symlink_to(outside)
    (tmp_path / "inner").symlink_to("in.txt")
    (tmp_path / "folder").symlink_to(tmp_path.parent)
    (tmp_path / "loop").symlink_to("loop")
    assert context.read("out") is None
    assert context.read("../outside.txt") is None
    assert context.read("folder/outside.txt") is None
    assert context.read("loop") is None
    assert context.read("inner") == "yes"
    assert context.ships("out")  # the link itself ships
    assert not context.ships_any("folder")
    assert "folder/outside.txt" not in context.below("")


def test_a_link_to_an_ignored_file_is_not_read_through(make_context: MakeContext, tmp_path: Path) -> None:
    context = make_context({"secret.txt": "no", ".dockerignore": "secret.txt\n"})
    (tmp_path / "link").symlink_to("secret.txt")
    assert context.read("link") is None


def test_large_files_and_bytes(make_context: MakeContext, tmp_path: Path) -> None:
    context = make_context({"large": "x" * 100, "bom": "\ufeffhello"})
    (tmp_path / "odd").write_bytes(b"\xff")
    assert context.read("large", limit=99) is None
    assert context.read("bom") == "hello"
    assert context.read("odd") == "\udcff"


def test_a_pipe_is_no_file(make_context: MakeContext, tmp_path: Path) -> None:
    context = make_context({})
    os.mkfifo(tmp_path / "pipe")
    assert not context.ships("pipe")
    assert context.below("") == ()


def test_normal_paths() -> None:
    assert [normal(path) for path in (".", "./a/", "/a", "a/../b", "../../etc", "")] == ["", "a", "a", "b", "etc", ""]


def test_folders_that_ship_with_the_empty_ones(make_context: MakeContext, tmp_path: Path) -> None:
    for name in ("src/empty", "src/kept/in", "build/out", "a"):
        (tmp_path / name).mkdir(parents=True)
    context = make_context({".dockerignore": "build\n!build/out\na\nsrc/k*\n"})
    assert context.folders() == ["build/out", "src", "src/empty"]


def test_no_folder_outside_is_listed(tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "secret" / "inner").mkdir(parents=True)
    context = Context.open(str(tmp_path / "context"), str(tmp_path / "context/Dockerfile"))
    assert [context.folders_in(folder) for folder in ("../secret", "..", str(tmp_path / "secret"))] == [[], [], []]


def test_some_of_many_files(make_context: MakeContext) -> None:
    context = make_context({f"src/{folder}/{number}": "" for folder in "abc" for number in range(4)})
    assert len(context.some_below("src", 5)) == 8  # a folder that is begun is listed to its end
    assert len(context.below("src")) == 12
    assert context.some_below("src", 5) == context.below("src")
    assert context.some_below("src/a", 4) == ("src/a/0", "src/a/1", "src/a/2", "src/a/3")


def test_files_without_those_of_libraries(make_context: MakeContext) -> None:
    context = make_context(
        {"a": "", "b/a": "", "x/a": "", "b/x/c/a": "", ".dockerignore": "b/d\n", "b/d": "", "b/x.y": ""}
    )
    assert context.some_without(frozenset("x"), 10) == (".dockerignore", "a", "b/a", "b/x.y")
    assert len(context.some_without(frozenset(), 10)) == 6


@pytest.mark.parametrize(
    ("ignored", "fault"),
    [
        (
            {".containerignore": ".npmrc\n"},
            ".containerignore leaves out .npmrc, but a build that uses .dockerignore sends it",
        ),
        (
            {".dockerignore": ".npmrc\n", ".containerignore": "x\n"},
            ".dockerignore leaves out .npmrc, but a build that uses .containerignore sends it",
        ),
        ({".dockerignore": ".npmrc\n", ".containerignore": ".npm*\n"}, ""),
        ({".dockerignore": ".npmrc\n", ".containerignore": ".npmrc\n"}, ""),
        ({".containerignore": "absent\n"}, ""),
        ({".containerignore": "[\n"}, ".containerignore: line 1: `[` is not a valid pattern"),
        (
            {"Dockerfile.containerignore": "a\n", ".containerignore": "b\n"},
            "Dockerfile.containerignore leaves out a, but a build that uses .dockerignore sends it",
        ),
    ],
)
def test_builders_that_read_different_ignore_files(tmp_path: Path, ignored: dict[str, str], fault: str) -> None:
    for name, text in {".npmrc": "", "a": "", **ignored}.items():
        (tmp_path / name).write_text(text)
    context = Context.open(str(tmp_path), str(tmp_path / "Dockerfile"))
    assert context.fault == fault
    assert context.second_ignore_name.endswith(".containerignore")
    assert context.with_lines(()).second_ignore_name == context.second_ignore_name

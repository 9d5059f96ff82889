"""Finding Dockerfiles."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from dfix.rewriter.text.discover import Excludes, FoundFile, discover, is_dockerfile_name
from dfix.rewriter.text.problem import Problem

FROM = "FROM a\n"


def nothing(_path: str, _root: str) -> bool:
    return False


def found_by(paths: list[str], excludes: Excludes = nothing, *, force_exclude: bool = False) -> list[str | Problem]:
    """What `discover` finds, without the roots."""
    found = discover(paths, excludes, force_exclude=force_exclude)
    return [item.path if isinstance(item, FoundFile) else item for item in found]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Mapping[str, str]], None]:
    """Writes files into a folder that is the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    return write


Tree = Callable[[Mapping[str, str]], None]


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile",
        "dockerfile",
        "DOCKERFILE.dev",
        "Dockerfile-prod",
        "Dockerfile_arm",
        "Dockerfile.in.dev",
        "api.Dockerfile",
        "template.dockerfile",
        ".dockerfile",
        "Containerfile",
        "containerfile.ubi9",
    ],
)
def test_names_of_dockerfiles(name: str) -> None:
    assert is_dockerfile_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "Dockerfile.dockerignore",
        "api.Dockerfile.dockerignore",
        "Dockerfile.j2",
        "Dockerfile.TMPL",
        "Dockerfile.tpl",
        "Dockerfile.template",
        "Dockerfile-template",
        "Dockerfile.in",
        "Dockerfile.erb",
        "Dockerfile.mustache",
        "Dockerfile.dev.j2",
        "Dockerfile.md",
        "Dockerfile~",
        "Dockerfile.orig",
        "MyDockerfile",
        "docker-compose.yml",
        "api.containerfile",
        "Makefile",
    ],
)
def test_names_of_other_files(name: str) -> None:
    assert not is_dockerfile_name(name)


def test_a_folder_is_searched(tree: Tree) -> None:
    tree({"b/Dockerfile": FROM, "a/x/api.Dockerfile": FROM, "Dockerfile": FROM, "a.py": "", "a/Dockerfile.j2": FROM})
    assert found_by(["."]) == ["Dockerfile", "a/x/api.Dockerfile", "b/Dockerfile"]
    assert found_by(["a", "b"]) == ["a/x/api.Dockerfile", "b/Dockerfile"]
    assert found_by([os.path.abspath("b")]) == [os.path.abspath("b/Dockerfile")]


def test_folders_that_nobody_wants(tree: Tree) -> None:
    folders = (".git", "node_modules", ".venv", "a/node_modules/b", ".hg", ".tox")
    tree({f"{folder}/Dockerfile": FROM for folder in folders} | {".devcontainer/Dockerfile": FROM})
    assert found_by(["."]) == [".devcontainer/Dockerfile"]
    assert found_by(["node_modules"]) == ["node_modules/Dockerfile"]


def test_a_named_file_is_taken_whatever_its_name(tree: Tree) -> None:
    tree({"build.j2": FROM, ".gitignore": "*\n"})
    assert found_by(["build.j2", "absent"]) == ["build.j2", "absent"]


def test_each_file_once(tree: Tree) -> None:
    tree({"Dockerfile": FROM, "a/Dockerfile": FROM})
    Path("a/Dockerfile.link").symlink_to("../Dockerfile")
    assert found_by(["Dockerfile", ".", "./a/../Dockerfile", "a"]) == ["Dockerfile", "a/Dockerfile"]


def test_links(tree: Tree) -> None:
    """A link to a file is followed; links to folders, loops and broken links are left out."""
    tree({"real/file": FROM, "x/y": ""})
    Path("Dockerfile").symlink_to("real/file")
    Path("x/Dockerfile").symlink_to("Dockerfile")
    Path("x/Dockerfile.gone").symlink_to("nowhere")
    Path("x/up").symlink_to("..")
    Path("Dockerfile.folder").symlink_to("real")
    assert found_by(["."]) == ["Dockerfile"]
    assert found_by(["x/up"]) == ["x/up/Dockerfile"]


def test_programs_with_such_a_name(tree: Tree) -> None:
    tree(
        {
            "Dockerfile.go": "# syntax=docker/dockerfile:1\n\nfrom golang\n",
            "Dockerfile.rb": "ARG V=3\nFROM ruby:$V\n",
            "Dockerfile.ts": "\ufeffFROM node\n",
            "dockerfile.py": "# a parser\nFROM = 'FROM'\n",
            "dockerfile.go.x": "package x\n",
            "dockerfile_parser.go": "package dockerfile\n",
            "dockerfile.yaml": "",
        }
    )
    found = found_by(["."])
    assert found == ["Dockerfile.go", "Dockerfile.rb", "Dockerfile.ts", "dockerfile.go.x", "dockerfile.py"]


def test_gitignore(tree: Tree) -> None:
    tree(
        {
            ".git/HEAD": "",
            ".gitignore": "# no comment\nbuild/\n/top/*\n!/top/keep\nDockerfile.local\n\\\n!\n",
            "build/Dockerfile": FROM,
            "a/build/Dockerfile": FROM,
            "a/Dockerfile.local": FROM,
            "b/.gitignore": "Dockerfile\n!Dockerfile.local\n",
            "b/Dockerfile": FROM,
            "b/Dockerfile.local": FROM,
            "top/Dockerfile": FROM,
            "top/keep/Dockerfile": FROM,
        }
    )
    assert found_by(["."]) == ["b/Dockerfile.local", "top/keep/Dockerfile"]
    assert found_by(["a", "b"]) == ["b/Dockerfile.local"]
    assert found_by(["a/Dockerfile.local"]) == ["a/Dockerfile.local"]


def test_a_gitignore_outside_of_the_repository_does_not_count(tree: Tree) -> None:
    tree({".gitignore": "*\n", "a/.git/HEAD": "", "a/b/Dockerfile": FROM, "c/Dockerfile": FROM})
    assert found_by(["a", "c"]) == ["a/b/Dockerfile", "c/Dockerfile"]


def test_excludes(tree: Tree) -> None:
    tree({"a/Dockerfile": FROM, "b/Dockerfile": FROM, "b/c/Dockerfile": FROM})

    def excludes(path: str, _root: str) -> bool:
        return os.path.normpath(path) in ("b/c", "a/Dockerfile")

    assert found_by(["."], excludes) == ["b/Dockerfile"]
    assert found_by(["a/Dockerfile", "b/c"], excludes) == ["a/Dockerfile", "b/c/Dockerfile"]
    assert found_by(["a/Dockerfile", "b/c", "b/Dockerfile"], excludes, force_exclude=True) == ["b/Dockerfile"]


def test_a_folder_that_cannot_be_searched(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> None:
    tree({"a/Dockerfile": FROM, "b/Dockerfile": FROM})
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("a"):
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    problem, other = found_by(["."])
    assert problem == Problem("./a", 0, "the folder cannot be searched: permission denied", "Check its permissions")
    assert other == "b/Dockerfile"


def test_deep_folders(tree: Tree) -> None:
    """Deeper than Python's recursion goes."""
    tree({})
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    Path("Dockerfile").write_text(FROM)
    for _ in range(1500):
        os.chdir("..")
    try:
        assert [str(item).count("d/") for item in found_by(["."])] == [1500]
    finally:  # pytest would clean up by recursion
        for depth in range(1500, 0, -1):
            if depth == 1500:
                os.unlink("d/" * depth + "Dockerfile")
            os.rmdir("d/" * depth)

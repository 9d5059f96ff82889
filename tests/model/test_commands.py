"""The commands of a RUN, and the folder in which each of them runs."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import Step, build
from dfix.rewriter.model.commands import chain, located
from dfix.rewriter.text.source import Source


def run(script: str, before: str = "WORKDIR /app\n", image: str = "debian") -> Step:
    return build(parse(Source("Dockerfile", f"FROM {image}\n{before}RUN {script}\n"))).stages[0].steps[-1]


FOLDERS: dict[str, tuple[str, list[tuple[str, str | None]]]] = {
    "none": ("make", [("make", "/app")]),
    "absolute": ("cd /src && make", [("cd", "/app"), ("make", "/src")]),
    "relative": ("cd src && make", [("cd", "/app"), ("make", "/app/src")]),
    "up": ("cd /a/b && cd .. && make", [("cd", "/app"), ("cd", "/a/b"), ("make", "/a")]),
    "a variable": ("cd $X && make", [("cd", "/app"), ("make", None)]),
    "back": ("cd /a && cd - && make", [("cd", "/app"), ("cd", "/a"), ("make", None)]),
    "home": ("cd && make", [("cd", "/app"), ("make", None)]),
    "known again": ("cd $X && cd /b && make", [("cd", "/app"), ("cd", None), ("make", "/b")]),
    "pushd": ("pushd /a && make", [("pushd", "/app"), ("make", None)]),
    "a subshell keeps its own": ("(cd /a && make) && test", [("cd", "/app"), ("make", "/a"), ("test", "/app")]),
    "a group does not": ("{ cd /a; make; } && test", [("cd", "/app"), ("make", "/a"), ("test", "/a")]),
    "a pipeline keeps its own": ("cd /a | make; test", [("cd", "/app"), ("make", "/app"), ("test", "/app")]),
    "perhaps": ("cd /a || true; make", [("cd", "/app"), ("true", "/a"), ("make", None)]),
    "in a branch": ("if true; then cd /a; fi; make", [("true", "/app"), ("cd", "/app"), ("make", None)]),
    "sudo is looked through": ("sudo make", [("make", "/app")]),
}


@pytest.mark.parametrize("name", FOLDERS)
def test_folders(name: str) -> None:
    script, expected = FOLDERS[name]
    assert [(found.words[0].value, found.folder) for found in located(run(script))] == expected


def test_the_folder_is_unknown_where_the_workdir_is() -> None:
    assert [found.folder for found in located(run("make", "WORKDIR $X\n"))] == [None]
    assert [found.folder for found in located(run("make", "WORKDIR ..\n", "example/app"))] == [None]
    assert [found.folder for found in located(run("make", "", "example/app"))] == ["?"]


def test_without_a_workdir_the_folder_is_the_image_s() -> None:
    assert [found.folder for found in located(run("make", "", "golang:1.24"))] == ["/go"]
    assert [found.folder for found in located(run("make", "WORKDIR a\n", "golang:1.24"))] == ["/go/a"]


@pytest.mark.parametrize(
    "script",
    ['["make"]', "<<E\ncd /a\nE bash", "if true; then", "echo 'a"],
    ids=["exec form", "mixed", "open", "quote"],
)
def test_what_is_not_understood_has_no_commands(script: str) -> None:
    assert located(run(script)) == ()


CHAINS: dict[str, tuple[str, int | None]] = {
    "one command": ("make", 1),
    "a chain": ("a && b && c", 3),
    "groups count as one": ("a && { b; c; } && (d && e)", 3),
    "a pipeline counts as one": ("a | b && c", 2),
    "or": ("a || b", None),
    "and, or": ("a && b || c", None),
    "a list": ("a; b", None),
    "a list of chains": ("a && b; c", None),
    "in the background": ("a &", None),
    "a semicolon at the end": ("a && b;", None),
}


@pytest.mark.parametrize("name", CHAINS)
def test_chains(name: str) -> None:
    script, expected = CHAINS[name]
    parts = chain(run(script).script)
    assert (None if parts is None else len(parts)) == expected


def test_which_part_of_a_chain_holds_a_command() -> None:
    found = located(run("a && { b; c; } && (d | e) && f"))
    assert [(item.words[0].value, item.part, item.depth) for item in found] == [
        ("a", 0, 0),
        ("b", 1, 1),
        ("c", 1, 1),
        ("d", 2, 2),
        ("e", 2, 2),
        ("f", 3, 0),
    ]


@pytest.mark.parametrize(
    ("script", "depths"),
    [
        ("a && (b) && c", [("a", 0, 0), ("b", 1, 1), ("c", 0, 2)]),
        ("a; b", [("a", 0, 0), ("b", 0, 0)]),
        ("a | b && c", [("a", 1, 0), ("b", 1, 0), ("c", 0, 1)]),
        ("{ a; (b); }", [("a", 1, 0), ("b", 2, 0)]),
        ("if a; then b; fi", [("a", 1, 0), ("b", 1, 0)]),
        ("a || b; c", [("a", 1, 0), ("b", 1, 0), ("c", 0, 0)]),
        ("A=1 || true; c", [("", 1, 0), ("true", 1, 0), ("c", 0, 0)]),
        ("for f in *; do a; done", [("[[ *", 0, 0), ("a", 1, 0)]),
        ("{ a; } > x", [("[[", 0, 0), ("a", 1, 0)]),
        ("(a)", [("a", 1, 0)]),
    ],
)
def test_how_deep_a_command_stands(script: str, depths: list[tuple[str, int, int]]) -> None:
    found = located(run(script), conditions=True)
    assert [(" ".join(word.text for word in one.words), one.depth, one.part) for one in found] == depths


def test_what_is_known_of_the_release_replaces_variables_of_env() -> None:
    step = run(". /etc/os-release && make", "WORKDIR /app\nENV VERSION=1 CODE=2\n")
    assert located(step)[0].env == {"VERSION": "1", "CODE": "2"}
    assert located(step)[1].env == {"CODE": "2"}

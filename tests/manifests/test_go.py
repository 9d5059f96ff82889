from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.manifests import Inputs, Install, inputs
from tests.build_context import MakeContext

MOD = "module example.com/app\n\ngo 1.22\n\nrequire example.com/b v1.2.3 // indirect\n"
SUM = "example.com/b v1.2.3 h1:x=\nexample.com/b v1.2.3/go.mod h1:y=\n"


def read(
    make_context: MakeContext, files: dict[str, str], folder: str = "", command: str = "mod download"
) -> Inputs | Reason:
    return attempt(inputs, make_context(files), Install("go", tuple(command.split()), folder, "go"))


@pytest.mark.parametrize(
    ("files", "folder", "expected"),
    [
        ({"go.mod": MOD, "go.sum": SUM, "main.go": ""}, "", ("go.mod", "go.sum")),
        ({"api/go.mod": MOD, "api/go.sum": SUM}, "api", ("api/go.mod", "api/go.sum")),
        (
            {"go.mod": "module a\nrequire (\n\texample.com/b v1.2.3\n\n\t// c\n)\n", "go.sum": SUM},
            "",
            ("go.mod", "go.sum"),
        ),
        (
            {
                "go.mod": MOD + "require c v1.0.0\nreplace c => ./sdk\n",
                "go.sum": SUM,
                "sdk/go.mod": "module c\nreplace d => ../../elsewhere\n",
                "sdk/c.go": "",
            },
            "",
            ("go.mod", "go.sum", "sdk/go.mod"),
        ),
        (
            {"go.mod": "module a\nrequire x v1.0.0\nreplace (\n x v1.0.0 => example.com/b v1.2.3\n)\n", "go.sum": SUM},
            "",
            ("go.mod", "go.sum"),
        ),
        (
            {
                "go.work": 'go 1.22\nuse (\n\t./api\n\t"lib"\n)\n'.replace('"lib"', '"./lib"'),
                "go.work.sum": "",
                "api/go.mod": MOD,
                "api/go.sum": SUM,
                "lib/go.mod": "module lib\n",
            },
            "api",
            ("go.work", "api/go.mod", "api/go.sum", "lib/go.mod", "go.work.sum"),
        ),
    ],
    ids=["one module", "a folder", "a block", "a replaced folder", "a replaced module", "a workspace"],
)
def test_what_a_download_reads(
    make_context: MakeContext, files: dict[str, str], folder: str, expected: tuple[str, ...]
) -> None:
    assert read(make_context, files, folder) == Inputs(expected)


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"main.go": ""}, "go.mod is not in the build context"),
        ({"go.mod": MOD, "go.sum": SUM, ".dockerignore": "go.mod\n"}, "go.mod is left out by line 1 of .dockerignore"),
        ({"go.mod": "module a\n", "go.sum": ""}, "go.mod requires no module, so there is nothing to download"),
        ({"go.mod": MOD}, "the build context ships no go.sum next to go.mod, so `go mod download` writes one"),
        (
            {"go.mod": MOD, "go.sum": "example.com/b v1.2.3/go.mod h1:y=\n"},
            "go.sum has no sums of example.com/b v1.2.3, so `go mod download` adds them",
        ),
        (
            {"go.mod": MOD, "go.sum": SUM.replace("v1.2.3", "v1.2.2")},
            "go.sum has no sums of example.com/b v1.2.3, so `go mod download` adds them",
        ),
        (
            {"go.mod": MOD + "replace c => ../c\n", "go.sum": SUM},
            "go.mod names ../c, outside the build context",
        ),
        (
            {"go.mod": MOD + "replace c => /opt/c\n", "go.sum": SUM},
            "go.mod names /opt/c, an absolute path that dfix does not follow",
        ),
        ({"go.mod": MOD + "replace c => ./c\n", "go.sum": SUM}, "c/go.mod is not in the build context"),
        ({"go.mod": MOD, "go.sum": SUM, "go.work": "use ../x\n"}, "go.work names ../x, outside the build context"),
        ({"go.mod": MOD, "go.sum": SUM, "go.work": "use x\n"}, "go.work names `x`, which is not a relative path"),
    ],
)
def test_what_prevents_a_split(make_context: MakeContext, files: dict[str, str], reason: str) -> None:
    found = read(make_context, files)
    assert isinstance(found, Reason)
    assert found.text == reason


@pytest.mark.parametrize("command", ["mod download -modfile=go.dev.mod", "-C api mod download"])
def test_other_files_than_go_mod(make_context: MakeContext, command: str) -> None:
    found = read(make_context, {"go.mod": MOD, "go.sum": SUM}, command=command)
    assert isinstance(found, Reason)
    assert found.code == "option"


def test_a_workspace_that_includes_itself_ends(make_context: MakeContext) -> None:
    files = {"go.work": "use .\nuse ./\nuse ./.\n", "go.mod": MOD + "replace b => .\n", "go.sum": SUM}
    assert read(make_context, files) == Inputs(("go.work", "go.mod", "go.sum"))


def test_thousands_of_modules_are_too_many(make_context: MakeContext) -> None:
    files = {f"m{number}/go.mod": "module m\n" for number in range(600)}
    found = read(make_context, {**files, "go.work": "".join(f"use ./m{number}\n" for number in range(600))})
    assert isinstance(found, Reason)
    assert found.text == "go.work leads to more than 500 modules"

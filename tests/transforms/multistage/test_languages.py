"""What holds for all languages; whole files for each of them are in `languages`.

The name of such a file begins with the name of the language's module: java-maven.toml, java-gradle.toml.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import dfix.transforms.multistage.languages as package
from dfix.rewriter.pipeline.options import Options
from dfix.transforms.multistage.language import languages
from tests.build_context import rewritten

FOLDER = Path(__file__).parent / "languages"
MODULES = {path.stem for path in Path(package.__path__[0]).glob("*.py")} - {"__init__"}
LANGUAGES = {vars(language)["__name__"].rpartition(".")[2]: language for language in languages()}
ZIG = """
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.multistage.runtime_stage import RuntimeStage, StageCopy

NAME = "Zig"
PROGRAMS = frozenset(("zig",))
DEFAULT_COMMAND = ()

def is_build_command(command):
    return program_name(command.words[0]) == "zig"

def runtime_stage(build):
    return RuntimeStage("debian:bookworm-slim", (StageCopy("/a", "/a"),), sources_only=True, left_behind="Zig")
"""


def test_every_module_is_a_language_with_whole_files() -> None:
    assert set(LANGUAGES) == MODULES
    assert {path.stem.partition("-")[0] for path in FOLDER.glob("*.toml")} == MODULES


@pytest.mark.parametrize("name", sorted(LANGUAGES))
def test_a_language_has_what_the_protocol_names(name: str) -> None:
    language = LANGUAGES[name]
    assert language.NAME
    assert language.PROGRAMS
    assert all(isinstance(word, str) for word in language.DEFAULT_COMMAND)
    assert callable(language.is_build_command)
    assert callable(language.runtime_stage)


def test_a_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    modules, context = tmp_path / "languages", tmp_path / "context"
    modules.mkdir()
    context.mkdir()
    (modules / "zig.py").write_text(ZIG)
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(modules)])
    languages.cache_clear()
    try:
        before = 'FROM debian:bookworm\nCOPY . /s\nRUN zig build\nCMD ["/a"]\n'
        options = Options(select=frozenset(("multistage",)), unsafe=True, context=str(context))
        result = rewritten(context, {"main.zig": ""}, before, options)
    finally:
        languages.cache_clear()
        sys.modules.pop(f"{package.__name__}.zig", None)
    assert result.after.text == (
        "FROM debian:bookworm AS build\nCOPY . /s\nRUN zig build\n\n"
        'FROM debian:bookworm-slim\nCOPY --from=build /a /a\nCMD ["/a"]\n'
    )
    assert [change.reason for change in result.changes] == ["`a` runs on debian:bookworm-slim, without Zig"]


def test_languages_are_loaded_only_for_multistage() -> None:
    program = "import sys; from dfix.rewriter.pipeline.registry import transforms; transforms(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "dfix.transforms.multistage.rule" in done.stdout.split()
    assert "dfix.transforms.multistage.language" not in done.stdout.split()


def test_without_unsafe_nothing_is_changed(tmp_path: Path) -> None:
    table = tomllib.loads((FOLDER / "go.toml").read_text(encoding="utf-8"))
    case = table["changed"][0]
    before = case["before"].lstrip("\n")
    named = Options(select=frozenset(("multistage",)), context=str(tmp_path))
    result = rewritten(tmp_path, {**table["files"], **case.get("files", {})}, before, named)
    assert result.after.text == before
    assert [(refusal.code, refusal.hint) for refusal in result.refusals] == [("unsafe", "--unsafe applies it")]
    usual = rewritten(tmp_path, {}, before, Options(context=str(tmp_path)))
    assert not [refusal for refusal in usual.refusals if refusal.rule == "multistage"]

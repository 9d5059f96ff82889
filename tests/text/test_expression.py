"""Regular expressions wait until they are used, and then are those of Python."""

from __future__ import annotations

import copy
import gc
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dfix
from dfix.rewriter.text import expression as module
from dfix.rewriter.text.expression import expression

ROOT = Path(__file__).resolve().parents[2]
MOST_COMPILED = 70
"""With the standard library's own, at a cold start; the modules on its way hold 300."""


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The patterns that are compiled, in their order."""
    seen: list[str] = []
    original = re.compile

    def note(pattern: str, flags: int = 0) -> re.Pattern[str]:
        seen.append(pattern)
        return original(pattern, flags)

    monkeypatch.setattr(re, "compile", note)
    return seen


def test_it_is_compiled_once_and_when_it_is_used(compiled: list[str]) -> None:
    word = expression(r"\w+")
    assert compiled == []
    found = word.match("ab cd")
    assert found is not None
    assert found[0] == "ab"
    assert word.fullmatch("ab cd") is None
    assert word.sub("x", "ab cd") == "x x"
    assert compiled == [r"\w+"]


def test_its_methods_are_those_of_the_pattern() -> None:
    own, python = expression("(a)|b", re.IGNORECASE), re.compile("(a)|b", re.IGNORECASE)
    text = "xAyb"
    assert own.findall(text) == python.findall(text) == ["A", ""]
    assert [found.span() for found in own.finditer(text)] == [(1, 2), (3, 4)]
    assert own.split(text) == python.split(text)
    assert own.subn("-", text) == ("x-y-", 2)
    assert own.search(text, 2) is not None
    assert (own.pattern, own.groups, own.flags) == (python.pattern, 1, python.flags)


def test_bytes() -> None:
    assert expression(rb"\d+").findall(b"1 and 22") == [b"1", b"22"]


def test_an_error_shows_at_its_use() -> None:
    wrong = expression("(")
    with pytest.raises(re.error):
        wrong.match("")


def test_what_a_pattern_does_not_have_it_does_not_have_either(compiled: list[str]) -> None:
    assert not hasattr(expression("a"), "__len__")
    assert copy.copy(expression("a")).pattern == "a"
    assert compiled == []
    assert not hasattr(expression("a"), "matches")


def test_each_one_of_the_project_compiles() -> None:
    for found in pkgutil.walk_packages(dfix.__path__, "dfix."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    every = [value for value in gc.get_objects() if type(value) is module._Expression]
    assert len(every) > 300
    for one in every:
        assert one.fullmatch


def test_a_cold_start_compiles_few(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\nRUN echo b && c\nCOPY . .\n")
    program = (
        "import re; seen = []; original = re._compiler.compile\n"
        "re._compiler.compile = lambda pattern, flags: seen.append(pattern) or original(pattern, flags)\n"
        "from dfix.rewriter.cli.main import run; run(['--diff', 'Dockerfile']); print(len(seen))\n"
    )
    environment = {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert 0 < int(found.stdout.split()[-1]) <= MOST_COMPILED

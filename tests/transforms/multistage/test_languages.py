"""What holds for all languages; whole files for each of them are in `languages`."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import dfix.transforms.multistage.languages as package
from dfix.rewriter.pipeline.options import Options
from dfix.transforms.multistage import languages
from tests.build_context import rewritten

FOLDER = Path(__file__).parent / "languages"
TOOLS = {"java": ("gradle", "maven")}
"""Languages whose whole files are kept by tool."""


def test_every_language_has_whole_files() -> None:
    modules = {path.stem for path in Path(languages.__path__[0]).glob("*.py")} - {"__init__"}
    assert {name for module in modules for name in TOOLS.get(module, (module,))} == {
        path.stem for path in FOLDER.glob("*.toml")
    }


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

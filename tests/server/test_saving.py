"""What a save applies: narrowed by the settings file and by the editor's own settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.settings.baseline_file import BaselineFile
from dfix.rewriter.text.source import Source
from tests.build_context import put
from tests.server.editor import Editor
from tests.server.test_protocol import changed

TEXT = "FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\nRUN apt-get update && apt-get install -y curl\n"
MERGED = "FROM debian:12\nRUN mkdir /a \\\n    && chmod 700 /a\nRUN apt-get update && apt-get install -y curl\n"
CLEANED = (
    "FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n"
    "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("file", "editors", "saved"),
    [
        ("", {"save": {"select": ["merge-runs"]}}, MERGED),
        ("", {"save": {"ignore": ["merge-runs"]}}, CLEANED),
        ("", {"save": {"select": []}}, TEXT),
        ('save.select = ["merge-runs"]', {}, MERGED),
        ('save.select = ["merge-runs"]', {"save": {"select": None, "ignore": None}}, MERGED),
        ('save.select = ["merge-runs"]', {"save": {"select": ["clean-up"]}}, CLEANED),
        ('save.select = ["merge-runs"]', {"select": ["clean-up"]}, CLEANED),
        ('save.ignore = ["merge-runs"]', {"save": {"select": ["merge-runs", "clean-up"]}}, CLEANED),
        ('ignore = ["merge-runs"]', {"save": {"select": ["merge-runs", "clean-up"]}}, CLEANED),
    ],
)
async def test_formatting_and_fix_all(
    editor: Editor, tmp_path: Path, file: str, editors: dict[str, Any], saved: str
) -> None:
    put(tmp_path, {"Dockerfile": TEXT, "dfix.toml": file, ".git/HEAD": ""})
    editor.settings = editors
    await editor.start(tmp_path, options=editors)
    uri = editor.open(tmp_path / "Dockerfile")
    assert await editor.formatted(uri) == saved
    actions = await editor.actions(uri, 0, "source.fixAll")
    assert [changed(editor, action)[uri] for action in actions] == ([saved] if saved != TEXT else [])


@pytest.mark.asyncio
async def test_what_the_baseline_has_is_left_out(editor: Editor, tmp_path: Path) -> None:
    put(tmp_path, {".git/HEAD": ""})
    baseline = BaselineFile(str(tmp_path / "b.json"), None)
    found = run(Source("Dockerfile", TEXT), Options(select=frozenset({"merge-runs"}), record=True)).findings
    assert baseline.replace({str(tmp_path / "Dockerfile"): found}) is None
    put(tmp_path, {"Dockerfile": TEXT, "dfix.toml": 'extend = "base.toml"', "base.toml": 'baseline = "b.json"'})
    await editor.start(tmp_path)
    assert await editor.formatted(editor.open(tmp_path / "Dockerfile")) == CLEANED


@pytest.mark.asyncio
async def test_what_a_save_leaves_is_offered_one_by_one(editor: Editor, tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": TEXT, "dfix.toml": 'save.select = ["clean-up"]', ".git/HEAD": ""})
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "Dockerfile")
    assert {found.code for found in await editor.pulled(uri)} == {"merge-runs", "clean-up"}
    fixes = [action for action in await editor.actions(uri, 1, "quickfix") if action.is_preferred]
    assert [changed(editor, action)[uri] for action in fixes] == [MERGED]


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("save", "said"),
    [
        ({"selct": []}, "unknown key `save.selct`"),
        ({"select": "x"}, "`save.select` is not a list of strings"),
        ({"ignore": ["x"]}, "`save` names an unknown rule, `x`"),
        ("x", "`save` is not a table"),
    ],
)
async def test_what_is_wrong_is_said_and_counts_as_unset(
    editor: Editor, tmp_path: Path, save: object, said: str
) -> None:
    put(tmp_path, {"Dockerfile": MERGED, ".git/HEAD": ""})
    editor.settings = {"save": save}
    await editor.start(tmp_path)
    uri = editor.open(tmp_path / "Dockerfile")
    assert await editor.formatted(uri) != MERGED
    await editor.until(lambda: any(f"in the editor's settings, {said}" in message for message in editor.messages))

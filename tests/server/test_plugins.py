"""Rules of plug-ins in an editor."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.build_context import put
from tests.sample_plugin.installed import LOWER, MERGED, install
from tests.server.editor import Editor

pytestmark = pytest.mark.asyncio


async def test_a_save_applies_its_rule(editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(install(tmp_path / "site")))
    put(tmp_path / "app", {"Dockerfile": LOWER})
    await editor.start(tmp_path / "app")
    uri = editor.open(tmp_path / "app" / "Dockerfile")
    assert await editor.formatted(uri) == f"FROM {MERGED}"
    assert editor.messages == []


async def test_one_that_fails_is_left_out(editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changes = ("            yield Change", "            raise ValueError('odd')\n            yield Change")
    monkeypatch.setenv("PYTHONPATH", str(install(tmp_path / "site", changes)))
    put(tmp_path / "app", {"Dockerfile": LOWER})
    await editor.start(tmp_path / "app")
    uri = editor.open(tmp_path / "app" / "Dockerfile")
    assert await editor.formatted(uri) == f"from {MERGED}"
    await editor.until(lambda: len(editor.messages) == 1)
    assert editor.messages[0].startswith("dfix: plug-in `keyword-case` of acme-rules 1.0 failed (ValueError: odd) on ")
    assert "in propose" in editor.logged[0]


async def test_one_that_cannot_be_loaded(editor: Editor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(install(tmp_path / "site", ("NAME = ", "import gone\nNAME = "))))
    put(tmp_path / "app", {"Dockerfile": LOWER})
    await editor.start(tmp_path / "app")
    await editor.until(lambda: len(editor.messages) == 1)
    assert "is left out, because it cannot be imported (ModuleNotFoundError" in editor.messages[0]
    uri = editor.open(tmp_path / "app" / "Dockerfile")
    assert await editor.formatted(uri) == f"from {MERGED}"

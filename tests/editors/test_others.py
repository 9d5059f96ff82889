"""Set-ups of editors that no package has: they can be read, and the commands that they name do what a save needs."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.editors.conftest import EDITORS, on_path
from tests.server.editor import Editor
from tests.server.test_protocol import NODE, SPLIT


def run(words: list[str], dfix: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    env = {"PATH": on_path(dfix)}
    return subprocess.run(words, env=env, input=stdin, capture_output=True, text=True, timeout=300, check=False)


def read(name: str) -> Any:
    return json.loads((EDITORS / name).read_text())


def test_zed(app: Path, dfix: Path) -> None:
    settings = read("zed/settings.json")["languages"]["Dockerfile"]
    external = settings["formatter"]["external"]
    words = [external["command"], *(word.replace("{buffer_path}", str(app)) for word in external["arguments"])]
    done = run(words, dfix, NODE)
    assert (done.returncode, done.stdout, done.stderr) == (0, SPLIT, "")
    assert settings["format_on_save"] == "on"


def test_jetbrains(app: Path, dfix: Path) -> None:
    task = ElementTree.parse(EDITORS / "jetbrains" / "watchers.xml").getroot()[0]
    option = {one.get("name"): one.get("value") or "" for one in task.iter("option")}
    words = [option["program"], *(word.replace("$FilePath$", str(app)) for word in shlex.split(option["arguments"]))]
    done = run(words, dfix)
    assert (done.returncode, done.stderr) == (0, "")
    assert app.read_text() == SPLIT
    app.write_text("FROM debian:12\nRU\n")
    assert run(words, dfix).returncode == 2  # ERROR: the editor shows what it said
    assert option["exitCodeBehavior"] == "ERROR"


@pytest.mark.asyncio
async def test_sublime(app: Path, dfix: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = read("sublime/LSP.sublime-settings")
    client = settings["clients"]["dfix"]
    monkeypatch.setenv("PATH", on_path(dfix))
    editor = Editor()
    await editor.start(app.parent, command=client["command"])
    assert await editor.formatted(editor.open(app)) == SPLIT
    assert await editor.stop() == 0
    assert settings["lsp_format_on_save"]
    assert client["selector"] == "source.dockerfile"


def test_every_editor_has_a_page_that_names_its_files() -> None:
    folders = [folder for folder in EDITORS.iterdir() if folder.is_dir() and folder.name != "vscode"]
    assert len(folders) == 7
    overview = (EDITORS / "README.md").read_text()
    for folder in folders:
        page = (folder / "README.md").read_text()
        assert f"{folder.name}/README.md" in overview
        for file in folder.iterdir():
            assert file.name == "README.md" or file.name in page

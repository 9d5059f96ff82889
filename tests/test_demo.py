"""`make demo` tells one story, each command before its output, and changes nothing of the project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from demo import ROOT, STORY, main


def contents() -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in (ROOT / "examples").rglob("*") if path.is_file()}


def test_the_story(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    before = contents()
    assert main() == 0
    said, errors = capfd.readouterr()
    assert contents() == before
    assert re.findall(r"^\$ dfix (.*)$", said, re.MULTILINE) == [command for _, _, command, _ in STORY]
    shown = said.split("$ dfix ")
    assert "RUN npm ci " in shown[1] and "3 files, line 6" in shown[1]
    assert "split-manifests" in shown[2]
    assert "RUN npm ci && npm cache clean --force" in shown[4] and "2 files, line 6" in shown[4]
    assert "left this alone" in shown[6]
    assert set(errors.splitlines()) <= {
        "3 changes possible in 1 of 1 file",
        "nothing to change in 1 file; 2 places left alone",
    }


def test_the_measured_figures_are_those_of_the_page() -> None:
    page = (ROOT / "docs/verify.md").read_text(encoding="utf-8")
    (worth,) = (after for heading, _, _, after in STORY if heading == "4. What it is worth")
    rebuilt = re.search(r"rebuild, server\.js edited .*, (\S+ s)  .*, (\S+ s)  ", page)
    pushed = re.search(r"to push, server\.js edited +(\S+ MB) +(\S+ kB)", page)
    assert rebuilt is not None and pushed is not None
    for figure in (*rebuilt.groups(), *pushed.groups()):
        assert figure in worth

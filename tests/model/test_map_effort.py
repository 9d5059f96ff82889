"""The file map works out what a RUN writes once, however many steps follow."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.effects import Effects, effects
from dfix.rewriter.model.file_map import file_map
from dfix.rewriter.text.source import Source


def test_effects_are_worked_out_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("")
    text = "FROM debian\nWORKDIR /srv\nCOPY a.txt ./\n" + "RUN sed -i s/a/b/ /srv/b\n" * 20
    asked: list[Located] = []

    def counting(command: Located) -> Effects:
        asked.append(command)
        return effects(command)

    monkeypatch.setattr(file_map, "effects", counting)
    context = Context.open(str(tmp_path), str(tmp_path / "Dockerfile"))
    for step in build(parse(Source.from_bytes("Dockerfile", text.encode()))).stages[0].steps:
        file_map.map_before(step, context)
    assert len(asked) == 19

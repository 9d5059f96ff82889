"""Installs that dfix doesn't recognise as commands keep their cache, and a reason says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Refused
from tests.build_context import rewritten


def refusals(folder: Path, run: str) -> list[Refused]:
    dockerfile = f"FROM node:18\nWORKDIR /app\nCOPY . .\nRUN {run}\n"
    result = rewritten(folder, {"package.json": "{}"}, dockerfile, Options(select=frozenset(("clean-up",))))
    assert result.after.text == dockerfile
    return [no for no in result.refusals if no.rule == "clean-up"]


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ("doas apt-get update && doas apt-get install -y x", "`doas` may run `apt-get install`"),
        ("npx npm@6 ci", "`npx` may run `npm@6 ci`"),
        ("retry 3 npm ci", "`retry` may run `npm ci`"),
        ('su node -c "npm ci"', "`su` may run `npm ci`"),
        ("with-proxy pip3 install six", "`with-proxy` may run `pip3 install`"),
        (
            "<<EOF\n#!/bin/bash\napt-get update\napt-get install -y x\nEOF",
            "dfix can't read the RUN with `apt-get install`",
        ),
    ],
)
def test_a_reason_where_the_install_is_hidden(tmp_path: Path, run: str, reason: str) -> None:
    (found,) = refusals(tmp_path, run)
    assert (found.code, found.reason[: len(reason)]) == ("unread-script", reason)


@pytest.mark.parametrize(
    "run",
    [
        'echo "run npm ci"',
        "grep 'npm ci' README.md",
        "retry 3 npm run build",
        "retry 3 npm ci && npm cache clean --force",
        "./setup --manager=npm --install",
        "npm run install-all",
        "tool pip-installer",
        "tool rapt-get install",
    ],
)
def test_nothing_is_said_where_none_is(tmp_path: Path, run: str) -> None:
    assert refusals(tmp_path, run) == []


def test_a_script_that_is_downloaded_in_a_word(tmp_path: Path) -> None:
    dockerfile = 'FROM debian:12\nRUN apt-get update && apt-get install -y make\nRUN bash -c "$(wget -qO- https://a)"\n'
    result = rewritten(tmp_path, {}, dockerfile, Options(select=frozenset(("clean-up",))))
    (found,) = [no for no in result.refusals if no.rule == "clean-up"]
    assert "runs a script that it downloads" in found.reason

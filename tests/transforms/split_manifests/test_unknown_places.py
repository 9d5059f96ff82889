"""Installs whose build context, or working folder, is not known."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source
from tests.build_context import rewritten

ONLY = frozenset(("split-manifests",))
GO_BUILD = (
    "FROM golang:1.22 AS build\nWORKDIR /src\n{}RUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", ["no-context"]),
        ("FROM node:22\nWORKDIR /app\nCOPY package.json ./\nCOPY . .\nRUN npm ci\n", ["no-context"]),
        ("FROM node:22\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n", []),
        ("FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm run build\n", []),
        (GO_BUILD.format("COPY . .\n"), ["no-context"]),
        (GO_BUILD.format("COPY go.mod main.go ./\n"), []),
    ],
)
def test_without_a_context_only_a_tree_is_spoken_of(text: str, codes: list[str]) -> None:
    result = run(Source("Dockerfile", text), Options(select=ONLY, use_context=False))
    assert result.after.text == text
    assert [refusal.code for refusal in result.refusals] == codes


def test_a_setting_that_leads_out_of_an_unknown_folder(tmp_path: Path) -> None:
    """The base image's own working folder is not known, and so what is above it."""
    files = {"requirements.txt": "flask\n", "limits.txt": "", "a.py": ""}
    text = "FROM python:3\nENV PIP_CONSTRAINT=../limits.txt\nCOPY . .\nRUN pip install -r requirements.txt\n"
    result = rewritten(tmp_path, files, text, Options(select=ONLY, context=str(tmp_path)))
    assert result.problem is None
    assert bool(result.changes) != bool(result.refusals)

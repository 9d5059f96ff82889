"""How many COPY lines a split may write."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from tests.build_context import rewritten

DOCKERFILE = "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm install\n"


@pytest.mark.parametrize(("workspaces", "lines"), [(24, 25), (25, 0)])
def test_lines_for_workspaces(tmp_path: Path, workspaces: int, lines: int) -> None:
    """One line for the manifest at the top and one for each workspace; 25 are enough for a reader."""
    files = {"package.json": json.dumps({"name": "all", "workspaces": ["packages/*"]}), "a.js": ""}
    files |= {f"packages/p{number}/package.json": json.dumps({"name": f"p{number}"}) for number in range(workspaces)}
    result = rewritten(
        tmp_path, files, DOCKERFILE, Options(select=frozenset(("split-manifests",)), context=str(tmp_path))
    )
    written = [line for line in result.after.text.split("\n") if line.startswith("COPY ") and line != "COPY . ."]
    assert len(written) == lines
    assert result.changed == (lines > 0)
    assert ["26 COPY lines" in refusal.reason for refusal in result.refusals] == [True] * (lines == 0)

"""Commands of workspace members, which an install links and makes executable: their modes count."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from tests.build_context import put, rewritten

MEMBER = {"name": "x", "version": "1.0.0", "bin": {"x": "cli.js"}}
FILES = {
    "package.json": json.dumps({"name": "a", "version": "1.0.0", "workspaces": ["tools/*"]}),
    "package-lock.json": "{}",
    "tools/x/package.json": json.dumps(MEMBER),
    "tools/x/cli.js": "#!/usr/bin/env node\n",
    "a.js": "",
}


def reason(folder: Path, copy: str = "COPY . .", files: dict[str, str] | None = None) -> str:
    """Why the Dockerfile is left alone, "" for a split."""
    files = files or FILES
    before = f"FROM node:22\nWORKDIR /app\n{copy}\nRUN npm ci\n"
    result = rewritten(folder, files, before, Options(select=frozenset(("split-manifests",)), context=str(folder)))
    if result.changed:
        flags = copy.removesuffix(". .")
        assert result.after.text == (
            f"FROM node:22\nWORKDIR /app\n{flags}package.json package-lock.json ./\n"
            f"{flags}tools/x/package.json tools/x/cli.js ./tools/x/\nRUN npm ci\n{copy}\n"
        )
        return ""
    return result.refusals[0].reason


def with_mode(folder: Path, mode: int, text: str = FILES["tools/x/cli.js"]) -> None:
    put(folder, {"tools/x/cli.js": text})
    (folder / "tools/x/cli.js").chmod(mode)


def test_executable(tmp_path: Path) -> None:
    with_mode(tmp_path, 0o755)
    assert reason(tmp_path) == ""
    assert reason(tmp_path, "COPY --chmod=755 . .") == ""


@pytest.mark.parametrize("mode", [0o644, 0o775, 0o700])
def test_another_mode(tmp_path: Path, mode: int) -> None:
    with_mode(tmp_path, mode)
    assert "npm makes tools/x/cli.js executable" in reason(tmp_path)


def test_a_mode_by_the_copy(tmp_path: Path) -> None:
    with_mode(tmp_path, 0o755)
    assert "`--chmod=644` of the later COPY would undo that" in reason(tmp_path, "COPY --chmod=644 . .")


def test_line_ends(tmp_path: Path) -> None:
    with_mode(tmp_path, 0o755, "#!/usr/bin/env node\r\n")
    assert "npm rewrites the line ends" in reason(
        tmp_path, files={**FILES, "tools/x/cli.js": "#!/usr/bin/env node\r\n"}
    )


def test_a_folder_of_commands(tmp_path: Path) -> None:
    member = {"name": "x", "version": "1.0.0", "directories": {"bin": "."}}
    files = {**FILES, "tools/x/package.json": json.dumps(member)}
    assert "npm makes tools/x/cli.js executable" in reason(tmp_path, files=files)


def test_a_link(tmp_path: Path) -> None:
    put(tmp_path, {name: text for name, text in FILES.items() if name != "tools/x/cli.js"})
    (tmp_path / "tools/x/cli.js").symlink_to("../../a.js")
    files = {name: text for name, text in FILES.items() if name != "tools/x/cli.js"}
    assert "which is a link" in reason(tmp_path, files=files)

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.usual_edits import Edits, choose, edit


def chosen(folder: Path, dockerfile: str, files: Mapping[str, str | bytes]) -> Edits:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    context = Context.open(str(folder), str(folder / "Dockerfile"))
    return choose(build(parse(Source("Dockerfile", dockerfile)), "", lambda: context), context)


SPLIT = "FROM node\nWORKDIR /app\nCOPY package.json package-lock.json ./\nCOPY scripts scripts\nRUN npm ci\nCOPY . .\n"


def test_a_source_is_what_no_install_needs(tmp_path: Path) -> None:
    files = {"package.json": "{}", "package-lock.json": "{}", "scripts/a.js": "", "src/b.js": "", "src/c.js": ""}
    assert chosen(tmp_path, SPLIT, files) == Edits("src/b.js", "package.json")


def test_the_commonest_kind_of_source_wins(tmp_path: Path) -> None:
    files = {"package.json": "{}", "README.md": "", "a.css": "", "src/x.ts": "", "src/y.ts": "", "scripts/a.js": ""}
    assert chosen(tmp_path, SPLIT, files).source == "src/x.ts"


def test_binary_files_are_not_edited(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {"a.py": b"\0\1", "b/c.py": "x", "data.bin": b"\0"}
    assert chosen(tmp_path, "FROM a\nCOPY . /app\n", files) == Edits("b/c.py", "")


def test_what_does_not_ship_is_not_edited(tmp_path: Path) -> None:
    files = {
        "a.py": "",
        "b/c.py": "",
        ".dockerignore": "a.py\n",
        "requirements.txt": "",
        "sub/requirements-dev.txt": "",
    }
    assert chosen(tmp_path, "FROM a\nCOPY . /app\n", files) == Edits("b/c.py", "requirements.txt")


def test_requirements_in_a_folder_of_that_name(tmp_path: Path) -> None:
    files = {"requirements/prod.txt": "", "docs/notes.txt": "", "a.py": ""}
    assert chosen(tmp_path, "FROM a\nCOPY . /app\n", files) == Edits("a.py", "requirements/prod.txt")


@pytest.mark.parametrize("text", ["FROM a\nRUN b\n", "FROM a\nCOPY --from=b /x /y\n", "FROM a\nCOPY missing /y\n"])
def test_nothing_copied_nothing_edited(tmp_path: Path, text: str) -> None:
    assert chosen(tmp_path, text, {"a.py": ""}) == Edits("", "")


def test_an_edit_appends_blank_lines_and_no_two_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1")
    texts = []
    for _ in range(3):
        edit(str(tmp_path), "a.py")
        texts.append((tmp_path / "a.py").read_text())
    assert all(text.startswith("x = 1") and text[5:].strip() == "" for text in texts)
    assert [text.count("\n") for text in texts] == [24, 48, 72]
    assert len({texts[0][5:], texts[1][len(texts[0]) :], texts[2][len(texts[1]) :]}) == 3

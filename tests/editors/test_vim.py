"""Vim: a save through the filter."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.editors.conftest import EDITORS, editor, on_path
from tests.server.test_protocol import NODE, SPLIT


def vim(file: Path, dfix: Path, *commands: str) -> str:
    """Open a file with our configuration, run commands, and answer with what Vim had to say."""
    program = editor("vim")
    told = file.parent / "told"
    script = file.parent / "script.vim"
    lines = ["filetype on", f"source {EDITORS}/vim/dfix.vim", f"edit {file}", *commands, "redir => told"]
    lines += ["silent messages", "redir END", f"call writefile([told], '{told}')", "qa!"]
    script.write_text("".join(line + "\n" for line in lines))
    command = [*program.command, "-N", "-u", "NONE", "-i", "NONE", "-e", "-s", "-S", str(script)]
    env = program.env(HOME=str(file.parent), PATH=on_path(dfix))
    subprocess.run(command, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=True)
    return told.read_text()


def test_a_save(app: Path, dfix: Path) -> None:
    vim(app, dfix, "write")
    assert app.read_text() == SPLIT


def test_the_cursor_stays(app: Path, dfix: Path) -> None:
    vim(app, dfix, "call cursor(2, 4)", "write", f"call writefile([line('.') .. ' ' .. col('.')], '{app.parent}/at')")
    assert (app.parent / "at").read_text() == "2 4\n"


@pytest.mark.parametrize("text", [NODE.replace("\n", "\r\n"), NODE.rstrip("\n")])
def test_line_ends_are_kept(app: Path, dfix: Path, text: str) -> None:
    app.write_bytes(text.encode())
    vim(app, dfix, "set nofixendofline", "write")
    end = "\r\n" if "\r" in text else "\n"
    assert app.read_bytes().decode() == (SPLIT if text.endswith("\n") else SPLIT.rstrip("\n")).replace("\n", end)


def test_a_half_written_file_is_saved_as_it_is_and_vim_says_why(app: Path, dfix: Path) -> None:
    told = vim(app, dfix, "call append(0, 'RUN <<EOF')", "write")
    assert app.read_text() == "RUN <<EOF\n" + NODE
    assert "the heredoc EOF has no end" in told


def test_other_files_are_left_alone(app: Path, dfix: Path) -> None:
    other = app.parent / "notes.txt"
    other.write_text(NODE)
    vim(other, dfix, "call append(0, 'x')", "write")
    assert other.read_text() == "x\n" + NODE

"""Neovim: a save through the built-in client and through the filter."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.editors.conftest import EDITORS, editor, on_path
from tests.server.test_protocol import NODE, SPLIT

ATTACHED = "vim.wait(20000, function() return #vim.lsp.get_clients({ bufnr = 0, name = 'dfix' }) > 0 end)"


def neovim(config: Path, file: Path, *commands: str, dfix: Path) -> subprocess.CompletedProcess[str]:
    """Open a file with one of our configurations and nothing else, and run commands."""
    program = editor("neovim")
    words = ["--headless", "-u", "NONE", "-c", "filetype on", "-c", f"source {config}", "-c", f"edit {file}"]
    words += [word for command in commands for word in ("-c", command)]
    env = program.env(HOME=str(file.parent), PATH=on_path(dfix))
    return subprocess.run(
        [*program.command, *words, "-c", "qa!"], env=env, capture_output=True, text=True, timeout=300, check=True
    )


def test_a_save_through_the_server(app: Path, dfix: Path) -> None:
    neovim(EDITORS / "neovim" / "dfix.lua", app, f"lua {ATTACHED}", "write", dfix=dfix)
    assert app.read_text() == SPLIT


def test_a_save_through_the_filter(app: Path, dfix: Path) -> None:
    neovim(EDITORS / "vim" / "dfix.vim", app, "write", dfix=dfix)
    assert app.read_text() == SPLIT


@pytest.mark.parametrize("config", ["neovim/dfix.lua", "vim/dfix.vim"])
def test_a_half_written_file_is_saved_as_it_is(app: Path, dfix: Path, config: str) -> None:
    wait = f"lua {ATTACHED}" if config.endswith("lua") else "echo"
    neovim(EDITORS / config, app, wait, "call append(0, 'RUN <<EOF')", "write", dfix=dfix)
    assert app.read_text() == "RUN <<EOF\n" + NODE


@pytest.mark.parametrize("config", ["neovim/dfix.lua", "vim/dfix.vim"])
def test_other_files_are_left_alone(app: Path, dfix: Path, config: str) -> None:
    other = app.parent / "notes.txt"
    other.write_text(NODE)
    neovim(EDITORS / config, other, "call append(0, 'x')", "write", dfix=dfix)
    assert other.read_text() == "x\n" + NODE


def test_diagnostics_and_a_fix_by_itself(app: Path, dfix: Path) -> None:
    seen = (
        "lua vim.wait(20000, function() return #vim.diagnostic.get(0) == 2 end)\n"
        "for _, one in ipairs(vim.diagnostic.get(0)) do io.stdout:write(one.lnum, ' ', one.code, '\\n') end"
    )
    program = (
        "lua vim.api.nvim_win_set_cursor(0, { 4, 0 })\n"
        "vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.isPreferred end })\n"
        "vim.wait(20000, function() return vim.bo.modified end)"
    )
    done = neovim(EDITORS / "neovim" / "dfix.lua", app, f"lua {ATTACHED}", seen, program, "noautocmd write", dfix=dfix)
    assert done.stdout.splitlines() == ["2 split-manifests", "3 clean-up"]
    assert app.read_text() == NODE.replace("npm ci", "npm ci && npm cache clean --force")


def test_conform_is_told_a_command_that_formats(app: Path, dfix: Path) -> None:
    """conform.nvim itself is on no registry: what it is told is run as it would run it."""
    stub = "package.loaded.conform = { setup = function(options) told = options end }"
    run = (
        "lua local one = told.formatters[told.formatters_by_ft.dockerfile[1]]\n"
        "local args = vim.tbl_map(function(arg) return arg == '$FILENAME' and vim.fn.expand('%:p') or arg end, one.args)\n"
        "local done = vim.system({ one.command, unpack(args) }, { stdin = vim.fn.getline(1, '$') }):wait()\n"
        "assert(one.stdin and done.code == 0, done.stderr)\n"
        "io.stdout:write(done.stdout)"
    )
    program = editor("neovim")
    words = [
        "--headless",
        "-u",
        "NONE",
        "-c",
        f"lua {stub}",
        "-c",
        f"source {EDITORS}/neovim/conform.lua",
        "-c",
        f"edit {app}",
    ]
    env = program.env(HOME=str(app.parent), PATH=on_path(dfix))
    command = [*program.command, *words, "-c", run, "-c", "qa!"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=300, check=True)
    assert (done.stdout.rstrip("\n"), done.stderr) == (SPLIT.rstrip("\n"), "")

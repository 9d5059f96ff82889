"""Helix, in a terminal: a save through the server."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from pathlib import Path

from tests.editors.conftest import EDITORS, editor, on_path
from tests.server.test_protocol import NODE, SPLIT

PATIENCE = 240.0


def save_until_changed(file: Path, dfix: Path) -> str:
    """Open a file, and save it again and again: a server that is still starting formats nothing. The file's last text."""
    program = editor("helix")
    home = file.parent / "home"
    (home / ".config" / "helix").mkdir(parents=True)
    (home / ".config" / "helix" / "languages.toml").write_text((EDITORS / "helix" / "languages.toml").read_text())
    before = file.read_text()
    env = program.env(HOME=str(home), PATH=on_path(dfix))
    pid, terminal = pty.fork()
    if not pid:
        os.chdir(file.parent)
        os.execve(program.command[0], [*program.command, str(file)], env)
    try:
        end = time.monotonic() + PATIENCE
        while file.read_text() == before and time.monotonic() < end:
            os.write(terminal, b":write\r")
            quiet = time.monotonic() + 1
            while time.monotonic() < quiet:
                if select.select([terminal], [], [], 0.1)[0]:
                    os.read(terminal, 65536)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)
    return file.read_text()


def test_a_save_through_the_server(app: Path, dfix: Path) -> None:
    assert app.read_text() == NODE
    assert save_until_changed(app, dfix) == SPLIT

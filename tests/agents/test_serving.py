"""How `dfix mcp` starts, and how it ends what takes too long."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dfix.rewriter.agents import analysing
from dfix.rewriter.agents.analysing import Analysts
from dfix.rewriter.agents.builds import Builds
from dfix.rewriter.agents.serving import USAGE, start
from dfix.rewriter.agents.tools import BadArgumentError
from dfix.rewriter.cli.flags import SERVE
from dfix.rewriter.cli.main import run

WITHOUT = (
    "import sys; sys.modules.update(dict.fromkeys(('mcp', 'mcp.server', 'mcp.server.lowlevel')))\n"
    "from dfix.rewriter.cli.main import run; sys.exit(run(['mcp']))\n"
)
ORDINARY = (
    "import sys; from dfix.rewriter.cli.main import run; run(['--check', sys.argv[1]]); run(['rules'])\n"
    "sys.exit(len({'mcp', 'mcp_types', 'anyio', 'pydantic', 'dfix.rewriter.agents'}.intersection(sys.modules)))\n"
)


def test_without_the_package() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dfix: `dfix mcp` needs the package mcp. pip install 'dfix[mcp]'\n"


def test_other_commands_load_nothing_of_it(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    command = [sys.executable, "-c", ORDINARY, str(tmp_path / "Dockerfile")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("words", [["x"], ["--root"], ["--allow-builds=1"], ["--allow-writes"], ["--stdio"]])
def test_a_wrong_command_line(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert run(["mcp", *words]) == 2
    assert capfd.readouterr() == ("", USAGE)


def test_help_names_every_flag(capfd: pytest.CaptureFixture[str]) -> None:
    assert start(["--help"]) == 0
    assert all(flag.names[0] in capfd.readouterr().out or flag.names[0] in USAGE for flag in SERVE)


@pytest.mark.parametrize(
    ("root", "why"),
    [
        ("/none", "dfix: --root: no such folder: /none."),
        ("/", "dfix: / belongs to no single project."),
        ("/tmp", "dfix: "),
    ],
)
def test_a_root_that_is_none(root: str, why: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert start(["--root", root]) == 2
    out, err = capfd.readouterr()
    assert (out, err.count("\n"), err.startswith(why)) == ("", 1, True)


def asleep() -> None:
    time.sleep(3600)


def busy() -> None:
    while True:
        pass


@pytest.mark.parametrize(
    ("what", "why"),
    [
        (asleep, "it took too long"),
        (busy, "it took too long"),
        (lambda: os._exit(1), "it took too long, or its process died"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "it took too long, or its process died"),
        (lambda: 1 // 0, "internal error of dfix (ZeroDivisionError: "),
    ],
)
def test_what_ends_badly_ends_one_call(monkeypatch: pytest.MonkeyPatch, what: Callable[[], object], why: str) -> None:
    def reply(tool: str, given: dict[str, object], root: str) -> dict[str, object]:
        return {"said": given} if tool == "fine" else {"said": what()}

    monkeypatch.setattr(analysing, "reply", reply)
    monkeypatch.setattr(analysing, "_load", lambda: iter(()))
    if what is busy:
        monkeypatch.setattr(analysing, "MOST_SECONDS", 1.0)
    if what is asleep:
        monkeypatch.setattr(analysing, "LONGEST_SECONDS", 1.0)
    analysts = Analysts()
    try:
        with pytest.raises(BadArgumentError, match=why.replace("(", r"\(")):
            analysts.ask("bad", {}, "/")
        monkeypatch.undo()
        assert analysts.ask("fine", {"a": 1}, "/") == {"said": {"a": 1}}
    finally:
        analysts._launcher.control.close()  # which ends it
        os.waitpid(analysts._launcher.process, 0)


def test_a_proof_that_nobody_waits_for_is_asked_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text(
        f"#!/bin/sh\ntrap 'echo ended > {tmp_path}/ended; kill $!; exit' TERM\nsleep 60 & touch {tmp_path}/on\nwait\n"
    )
    program.chmod(0o755)
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    monkeypatch.setattr(sys, "executable", str(program))
    proofs, stopped = Builds(str(tmp_path)), threading.Event()

    def ask() -> None:
        with pytest.raises(BadArgumentError, match="dfix verify was ended"):
            proofs.verify({"path": "Dockerfile", "text": "FROM b\n"}, stopped)

    for stop in (stopped.set, proofs.end):
        asking = threading.Thread(target=ask)
        asking.start()
        while not (tmp_path / "on").exists():
            time.sleep(0.01)
        stop()
        asking.join()
        while not (tmp_path / "ended").exists():
            time.sleep(0.01)
        for name in ("ended", "on"):
            (tmp_path / name).unlink()
        stopped.clear()

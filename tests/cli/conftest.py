"""Running the command in a process of its own, without starting Python again for each."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from dfix.rewriter.cli import app as cli
from dfix.rewriter.cli import command, main
from dfix.rewriter.pipeline import registry
from dfix.rewriter.pipeline import run as pipeline
from tests.cli.rules import RULES
from tests.cli.script import Answer

Dfix = Callable[..., Answer]
LOADED = (cli, command)
"""What every command would load again."""


@pytest.fixture
def dfix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dfix:
    """Runs `dfix WORDS` in an empty folder (the working directory), with the rules of `tests.cli.rules`."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setattr(registry, "transforms", lambda: RULES)
    monkeypatch.setattr(pipeline, "transforms", lambda: RULES)

    def run(words: Sequence[str], *, environment: Mapping[str, str] | None = None, stdin: bytes = b"") -> Answer:
        for name, data in (("in", stdin), ("out", b""), ("err", b"")):
            (tmp_path / name).write_bytes(data)
        child = os.fork()
        if not child:
            _as_command(words, environment or {}, tmp_path)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        return Answer(status, (tmp_path / "out").read_bytes(), (tmp_path / "err").read_bytes())

    return run


def _as_command(words: Sequence[str], environment: Mapping[str, str], folder: Path) -> NoReturn:
    """Turn this process into the command; never comes back."""
    status = 99
    try:
        for number, (name, flags) in enumerate((("in", os.O_RDONLY), ("out", os.O_WRONLY), ("err", os.O_WRONLY))):
            os.dup2(os.open(folder / name, flags), number)
        sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode) for number, mode in enumerate("rww"))
        os.environ.clear()
        os.environ.update({"PATH": os.defpath, "COLUMNS": "100", "TERM": "xterm", **environment})
        sys.argv = ["dfix", *words]
        main.main()
        status = 98  # it must exit by itself
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 97
    except BaseException:
        traceback.print_exc()
    finally:
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(status)

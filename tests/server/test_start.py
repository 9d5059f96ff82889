"""`dfix lsp` as a command, and what an installed package has of it."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.built import ROOT, build

WITHOUT = (
    "import sys; sys.modules.update(dict.fromkeys(('pygls', 'pygls.lsp', 'pygls.lsp.server', 'lsprotocol')))\n"
    "from dfix.rewriter.cli.main import run; sys.exit(run(['lsp']))\n"
)


def python(*words: str, path: Path = ROOT) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.defpath, "PYTHONPATH": str(path)}
    command = [sys.executable, *words]
    return subprocess.run(command, env=env, cwd="/", input="", capture_output=True, text=True, timeout=300, check=False)


def test_without_the_extra() -> None:
    done = python("-c", WITHOUT)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "dfix: `dfix lsp` needs pygls. pip install 'dfix[lsp]'\n"


@pytest.mark.parametrize("words", [["--tcp"], ["Dockerfile"], ["--stdio", "x"]])
def test_other_words(words: list[str]) -> None:
    done = python("-m", "dfix", "lsp", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: dfix lsp [--stdio]")


def test_help() -> None:
    done = python("-m", "dfix", "lsp", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: dfix lsp [--stdio]")
    assert "dfix lsp" in python("-m", "dfix", "--help").stdout


def test_an_editor_that_is_gone_at_once() -> None:
    for words in ([], ["--stdio"]):
        done = python("-m", "dfix", "lsp", *words)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_is_no_message_is_no_end(tmp_path: Path) -> None:
    env = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "dfix", "lsp"]
    wrong = b'Content-Length: 9\r\n\r\n{"a": 1,}Content-Length: 2\r\n\r\n{}Content-Length: 4\r\n\r\n\xff\xfe{}'
    ask = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}'
    stdin = wrong + b"Content-Length: %d\r\n\r\n%s" % (len(ask), ask)
    done = subprocess.run(command, env=env, cwd=tmp_path, input=stdin, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0
    assert b'"id": 1' in done.stdout or b'"id":1' in done.stdout
    assert b"documentFormattingProvider" in done.stdout


def test_the_wheel_has_the_pages_to_which_diagnostics_lead(tmp_path: Path) -> None:
    with zipfile.ZipFile(build("build_wheel", ROOT, tmp_path)) as wheel:
        wheel.extractall(tmp_path / "installed")
    ask = "from dfix.rewriter.server.diagnostics import page; print(page('merge-runs'), page('no-such-rule'))"
    done = python("-c", ask, path=tmp_path / "installed")
    assert done.stdout.split() == [
        (tmp_path / "installed" / "dfix" / "docs" / "rules" / "merge-runs.md").as_uri(),
        "None",
    ]
    (told,) = (tmp_path / "installed").glob("*.dist-info/METADATA")
    assert "Requires-Dist: pygls<3,>=2.0; extra == 'lsp'" in told.read_text()

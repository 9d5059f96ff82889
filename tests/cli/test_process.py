"""The command as a process: how it starts, ends, and is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEXT = b"FROM a\nRUN b\n"
ENVIRONMENT = {"PATH": os.defpath, "PYTHONPATH": str(ROOT)}
HEAVY = (
    "dataclasses inspect rich typer click yaml libcst pathspec json dockerfile_parse argparse multiprocessing asyncio"
)
SLOW = (
    "import sys, time; from types import SimpleNamespace as N; from dfix.rewriter.cli import main; from dfix.rewriter.pipeline import registry, run as pipeline\n"
    "def propose(model):\n    print('started', file=sys.stderr, flush=True); time.sleep(60); print('finished', file=sys.stderr); yield\n"
    "rules = (N(NAME='x', CODES=(), ORDER=1, SUMMARY='', CONTRACT='same-image', EXAMPLES=(), __doc__='', propose=propose),)\n"
    "pipeline.transforms = registry.transforms = lambda: rules\n"
    "main.main()\n"
)


def dfix(*words: str, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "dfix", *words]
    return subprocess.run(command, cwd=cwd, env=ENVIRONMENT, input=stdin, capture_output=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_bytes(TEXT)
    return tmp_path


def test_it_starts(folder: Path) -> None:
    found = dfix("Dockerfile", cwd=folder)
    assert (found.returncode, found.stdout, found.stderr) == (0, b"", b"nothing to change in 1 file\n")


def test_it_is_a_filter(folder: Path) -> None:
    found = dfix("--stdin-filename", "Dockerfile", "-", cwd=folder, stdin=TEXT)
    assert (found.returncode, found.stdout, found.stderr) == (0, TEXT, b"")


def test_plain_forms_load_nothing_heavy(folder: Path) -> None:
    """What an editor or a hook starts, on a file that stays as it is."""
    program = (
        "import sys; from dfix.rewriter.cli.main import run\n"
        "for words in (['--stdin-filename', 'Dockerfile', '-'], ['--check', 'Dockerfile'], ['--write', 'Dockerfile']):\n"
        "    assert run([*words]) == 0\n"
        f"print(sorted(set({HEAVY.split()!r}) & set(sys.modules)), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", program]
    found = subprocess.run(command, cwd=folder, env=ENVIRONMENT, input=TEXT, capture_output=True, check=True)
    assert found.stderr.splitlines()[-1] == b"[]"


@pytest.mark.parametrize("words", [["Dockerfile"], ["--jobs", "2", "."]])
def test_an_interrupt(folder: Path, words: list[str]) -> None:
    for number in range(70):
        (folder / f"Dockerfile.{number}").write_bytes(TEXT)
    command = [sys.executable, "-c", SLOW, *words]
    with subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == b"started\n"
        os.killpg(process.pid, signal.SIGINT)
        rest = process.stderr.read()  # ends when every process that may write to it has ended
        assert process.wait() == 130
    assert b"finished" not in rest
    assert b"Traceback" not in rest


def test_a_reader_that_has_gone(folder: Path) -> None:
    """As in `dfix … | head`: no traceback, and no status that says that all is well."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "dfix", "rule", "clean-up"]
    found = subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert (found.returncode, found.stderr) == (2, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
def test_a_full_disk(folder: Path) -> None:
    command = [sys.executable, "-m", "dfix", "rules"]
    with open("/dev/full", "wb") as full:
        found = subprocess.run(command, cwd=folder, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, check=False)
    assert found.returncode == 2
    assert found.stderr == b"dfix: the output cannot be written: No space left on device\n"


def test_closed_streams(folder: Path) -> None:
    command = ["sh", "-c", f"exec {sys.executable} -m dfix --write Dockerfile <&- >&- 2>&-"]
    assert subprocess.run(command, cwd=folder, env=ENVIRONMENT, check=False).returncode == 0
    assert (folder / "Dockerfile").read_bytes() == TEXT


@pytest.mark.parametrize("verbose", [False, True])
def test_an_error_in_dfix_itself(folder: Path, verbose: bool) -> None:
    program = (
        "from dfix.rewriter.cli import command, main\n"
        "def fail(request): raise RuntimeError('one\\ntwo')\n"
        "command.execute = fail\nmain.main()\n"
    )
    words = ["-v"] if verbose else []
    command = [sys.executable, "-c", program, *words, "Dockerfile"]
    found = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, check=False)
    assert found.returncode == 2
    *before, last = found.stderr.decode().splitlines()
    assert last == ("dfix: internal error (RuntimeError: one two). Run with -v for a traceback and please report it")
    assert bool(before) == verbose

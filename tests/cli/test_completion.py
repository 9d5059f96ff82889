"""Completion in real shells on a terminal, after `dfix --install-completion` in each."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pyte
import pytest

from dfix.rewriter.cli.flags import COMMANDS, REWRITE
from dfix.rewriter.cli.main import ASKED
from dfix.rewriter.pipeline.registry import transforms
from tests.tools.debian import unpacked
from tests.tools.home import NoToolError, absent

PATIENCE = 120
KEYS_APART = 0.05
COLUMNS, LINES = 150, 40
RULES = tuple(sorted(rule.NAME for rule in transforms()))
FORMATS = next(flag.choices for flag in REWRITE if flag.field == "output_format")


class Shell(NamedTuple):
    """`command` starts it on a terminal; `environment` and `files` in the home folder let it run where it is unpacked."""

    command: tuple[str, ...]
    environment: Mapping[str, str] = MappingProxyType({})
    files: Mapping[str, str] = MappingProxyType({})


def bash() -> Shell:
    return Shell(("bash",))


def zsh() -> Shell:
    try:
        root = unpacked("zsh", "zsh-common")
    except NoToolError as error:
        absent(error)
    (modules,) = root.glob("usr/lib/*/zsh/*/")
    functions = [path for path in (root / "usr/share/zsh/functions").rglob("*") if path.is_dir()]
    start = f"module_path=({modules})\nfpath=({' '.join(map(str, functions))})\n"
    return Shell((str(root / "bin/zsh"),), {}, {".zshenv": start})


def fish() -> Shell:
    try:
        root = unpacked("fish", "fish-common", "libpcre2-32-0")
    except NoToolError as error:
        absent(error)
    # a fish outside of /usr looks for its files beside itself, and for both folders; another test may be faster
    with suppress(FileExistsError):
        (root / "usr/etc").symlink_to("../etc")
    (libraries,) = root.glob("usr/lib/*-linux-gnu*/")
    # without this folder, a new user's fish reads all manual pages of the machine, and goes on when the test is over
    made = {".local/share/fish/generated_completions/none": ""}
    return Shell((str(root / "usr/bin/fish"),), {"LD_LIBRARY_PATH": str(libraries)}, made)


SHELLS: dict[str, Callable[[], Shell]] = {"bash": bash, "zsh": zsh, "fish": fish}


class Terminal:
    """A shell on a terminal of its own."""

    def __init__(self, shell: Shell, environment: dict[str, str], folder: Path) -> None:
        self._screen = pyte.Screen(COLUMNS, LINES)
        self._stream = pyte.ByteStream(self._screen)
        self._process, self._end = pty.fork()  # fish wants the terminal to be its own
        if not self._process:
            os.chdir(folder)
            os.execvpe(shell.command[0], shell.command, environment)
        termios.tcsetwinsize(self._end, (LINES, COLUMNS))

    def type(self, keys: str) -> None:
        os.write(self._end, keys.encode())
        time.sleep(KEYS_APART)

    def shows(self, *texts: str) -> bool:
        """Whether all of the texts stand on the screen before patience ends."""
        end = time.monotonic() + PATIENCE
        while not all(text in "\n".join(self._screen.display) for text in texts):
            if time.monotonic() > end or not self._read():
                return False
        return True

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display if line.strip())

    def _read(self) -> bool:
        if select.select([self._end], [], [], 0.2)[0]:
            try:
                data = os.read(self._end, 1 << 16)
            except OSError:  # the shell has ended
                return False
            if b"\x1b[c" in data or b"\x1b[0c" in data:  # a shell asks what kind of terminal this is
                os.write(self._end, b"\x1b[?6c")
            self._stream.feed(data)
        return True

    def close(self) -> None:
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._end)


@pytest.fixture(params=SHELLS)
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """A shell in which `dfix --install-completion` was said, started again."""
    shell = SHELLS[request.param]()
    programs = Path(sys.executable).parent
    kept = {name: value for name, value in os.environ.items() if name in ("LANG", "LC_ALL", "USER")}
    environment = {**kept, "HOME": str(tmp_path), "TERM": "xterm", "SHELL": shell.command[0], **shell.environment}
    environment["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
    for name, text in shell.files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    said = subprocess.run(
        [*shell.command, "-c", "dfix --install-completion; true"],
        env=environment, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert f"{request.param} completion installed" in said.stdout, said.stdout + said.stderr
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "Somefile").touch()
    found = Terminal(shell, environment, folder)
    found.type("echo rea''dy\r")
    assert found.shows("ready"), found.text()
    found.type("dfix \t")  # with typer's script, the first question to a zsh has no answer
    found.type("\x15")
    yield found
    found.close()


def test_one_that_fits(terminal: Terminal) -> None:
    """Commands, flags, rules of a list, rules to be explained, flags of `dfix verify`, and files."""
    for typed, shown in (
        ("dfix conf", "dfix config"),
        ("dfix rule spl", "dfix rule split-manifests"),
        ("dfix --stat", "dfix --statistics"),
        ("dfix --select clean-up,mer", "dfix --select clean-up,merge-runs"),
        ("dfix --output-format rd", "dfix --output-format rdjson"),
        ("dfix verify --net", "dfix verify --network"),
        ("dfix --diff Some", "dfix --diff Somefile"),
    ):
        terminal.type(typed)
        terminal.type("\t")
        assert terminal.shows(shown), f"{typed}:\n{terminal.text()}"
        terminal.type("\x15")  # the line goes


def test_several_that_fit(terminal: Terminal) -> None:
    terminal.type("dfix rule ")
    terminal.type("\t\t")
    assert terminal.shows(*RULES), terminal.text()


def ask(line: str, number: int) -> list[str]:
    """What bash is told of a line, its words separated by |."""
    environment = {
        **os.environ,
        ASKED: "complete_bash",
        "COMP_WORDS": line.replace("|", "\n"),
        "COMP_CWORD": str(number),
    }
    command = [sys.executable, "-m", "dfix"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("line", "number", "answer"),
    [
        ("dfix|", 1, list(COMMANDS)),
        ("dfix|ru", 1, ["rules", "rule"]),
        ("dfix|rule", 1, ["rules", "rule"]),
        ("dfix|rule|", 2, list(RULES)),
        ("dfix|rule|merge-runs", 1, ["rules", "rule"]),
        ("dfix|rules|", 2, []),
        ("dfix|Dockerfile|ver", 2, []),
        ("dfix|Dockerfile|--sel", 2, ["--select"]),
        ("dfix|--select|", 2, list(RULES)),
        ("dfix|--ignore|merge-runs,", 2, [f"merge-runs,{rule}" for rule in RULES if rule != "merge-runs"]),
        ("dfix|--output-format|", 2, list(FORMATS)),
        ("dfix|--output-format|=|g", 3, ["github", "gitlab"]),
        ("dfix|--output-format|=", 2, list(FORMATS)),
        ("dfix|--color|a", 2, ["auto", "always"]),
        ("dfix|--config|", 2, []),
        ("dfix|verify|--output-format|", 3, ["text", "json", "markdown", "github"]),
        ("dfix|comment|--co", 2, ["--color"]),
        ("dfix|verify|--select|=|cl", 4, ["clean-up"]),
        ("dfix|verify|--against|", 3, []),
        ("dfix|--diff|ver", 2, []),
        ("dfix|--diff|verify|--output-format|", 4, list(FORMATS)),
    ],
)
def test_what_a_shell_is_told(line: str, number: int, answer: list[str]) -> None:
    assert ask(line, number) == answer


def test_a_script_for_a_shell_that_is_named() -> None:
    command = [sys.executable, "-m", "dfix"]
    done = subprocess.run(command, env={**os.environ, ASKED: "source_zsh"}, capture_output=True, text=True, check=True)
    assert "#compdef dfix" in done.stdout

"""What a command line asks for, whoever reads it: the small reader, typer or a shell that completes it."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from dfix.rewriter.cli.app import read
from dfix.rewriter.cli.completion import complete
from dfix.rewriter.cli.flags import PROVE, REWRITE, Flag, split_names
from dfix.rewriter.cli.main import ASKED
from dfix.rewriter.cli.request import Request, read_plain
from dfix.rewriter.cli.verify_app import read as read_verify
from dfix.rewriter.cli.verify_flag import with_verify

PLAIN = {
    "--diff --unsafe --select a --color never -q -v x y": Request(
        ("x", "y"), "diff", unsafe=True, select=("a",), color="never", quiet=True, verbose=True
    ),
    "--write --exit-non-zero-on-fix --isolated x": Request(("x",), "write", exit_non_zero_on_fix=True, isolated=True),
    "--select a,b --select ' c , d' x --ignore e,,f": Request(("x",), select=("a", "b", "c", "d"), ignore=("e", "f")),
    "--config a --config b x": Request(("x",), config="b"),
    "--config=a=b x": Request(("x",), config="a=b"),
    "--output-format json x": Request(("x",), output_format="json"),
    "--stdin-filename app/Dockerfile -": Request(("-",), stdin_filename="app/Dockerfile"),
    "a b 'c d' ./-x": Request(("a", "b", "c d", "./-x")),
}
OTHERS = [
    "",
    "--help",
    "--version",
    "--bogus x",
    "-qv x",
    "--jobs 2 x",
    "--diff --write x",
    "--diff",
    "--config",
    "--config= x",
    "--select , x",
    "--exclude= x",
    "--config -- x",
    "--color purple x",
    "--diff=1 x",
    "-- -x",
    "--stdin-filename",
]


@pytest.mark.parametrize("line", PLAIN)
def test_what_is_read_without_typer(line: str) -> None:
    assert read_plain(shlex.split(line)) == PLAIN[line]
    assert read(shlex.split(line)) == PLAIN[line]


def samples(flag: Flag) -> list[str]:
    """A value for the flag, each way in which it can be given."""
    if flag.kind == "switch":
        return [*flag.names]
    if flag.kind == "pair":
        return [f"{name} one two" for name in flag.names]
    value = flag.choices[-1] if flag.choices else "7" if flag.kind in ("number", "seconds") else "value"
    return [f"{name}{sign}{value}" for name in flag.names for sign in (" ", "=")]


def ask(words: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> list[str]:
    """What bash is told of a line."""
    for name, value in (
        (ASKED, "complete_bash"),
        ("COMP_WORDS", "\n".join(words)),
        ("COMP_CWORD", str(len(words) - 1)),
    ):
        monkeypatch.setenv(name, value)
    assert complete() == 0
    return capfd.readouterr().out.split()


@pytest.mark.parametrize("flag", [flag for flag in REWRITE if flag.kind != "version" and flag.field != "verify"])
def test_a_flag_is_known_to_every_reader(
    flag: Flag, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for sample in samples(flag):
        found = read(shlex.split(f"x {sample}"))
        assert isinstance(found, Request)
        assert getattr(found, flag.field) != Request._field_defaults[flag.field]
        plain = None if flag.kind == "number" else found
        assert read_plain(shlex.split(f"x {sample}")) == read_plain(shlex.split(f"{sample} x")) == plain
    assert flag.names[0] in ask(["dfix", "--"], monkeypatch, capfd)
    if flag.choices:
        assert ask(["dfix", flag.names[0], ""], monkeypatch, capfd) == [*flag.choices]


@pytest.mark.parametrize("flag", PROVE)
def test_a_flag_of_verify_is_known(
    flag: Flag, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for sample in samples(flag):
        found = read_verify(shlex.split(f"x {sample}"))
        without = read_verify(["x"])
        assert not isinstance(found, int)
        assert found != without
        assert found.files.paths == ("x",)
    assert flag.names[0] in ask(["dfix", "verify", "--"], monkeypatch, capfd)
    if flag.choices:
        assert ask(["dfix", "verify", flag.names[0], ""], monkeypatch, capfd) == [*flag.choices]


def test_a_new_flag_needs_one_declaration(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a process of its own a flag is added to the declaration, and typer, the fast reader and completion know it."""
    program = (
        "from dfix.rewriter.cli import flags\n"
        "flags.REWRITE += (flags.Flag('explain', ('--why',), 'switch', 'Say why.'),)\n"
        "from dfix.rewriter.cli import app, request\n"
        "print(request.read_plain(['--why', 'x']) == app.read(['x', '--why']) == request.Request(('x',), explain=True))\n"
        "app.read(['--help'])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("True\n")
    assert re.search(r"--why\b.*Say why\.", done.stdout)


def test_write_with_verify_is_verify_with_write() -> None:
    assert with_verify(["--write", "--verify", "--no-measure", "x"]) == ["verify", "--write", "--no-measure", "x"]
    assert with_verify(["--verify", "x"]) == ["--verify", "x"]
    assert with_verify(["verify", "--write", "x"]) == ["verify", "--write", "x"]


@pytest.mark.parametrize("line", OTHERS)
def test_what_is_left_to_typer(line: str) -> None:
    assert read_plain(shlex.split(line)) is None


@pytest.mark.parametrize(
    ("line", "request_"),
    [
        ("-qv x", Request(paths=("x",), quiet=True, verbose=True)),
        ("--jobs 2 x", Request(paths=("x",), jobs=2)),
        ("-- -x", Request(paths=("-x",))),
        ("--diff -- --write", Request(paths=("--write",), mode="diff")),
    ],
)
def test_what_typer_reads_alone(line: str, request_: Request) -> None:
    assert read(shlex.split(line)) == request_


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("--diff", "Missing argument"),
        ("--bogus x", "No such option: --bogus"),
        ("--diff --write x", "cannot be combined"),
        ("--select , x", "--select names nothing"),
        ("--ignore= x", "--ignore names nothing"),
        ("--color purple x", "auto, always, never"),
        ("--output-format xml x", "text, concise, html, json, github, gitlab, sarif, rdjson"),
        ("--jobs -1 x", "--jobs"),
        ("--config", "requires an argument"),
    ],
)
def test_mistakes(line: str, words: str, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert read(shlex.split(line)) == 2
    out, err = capfd.readouterr()
    assert out == ""
    assert words in " ".join(err.split())


@pytest.mark.parametrize("line", ["--help", "-h", "--version", "x --version"])
def test_what_is_told(line: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert read(shlex.split(line)) == 0
    out, err = capfd.readouterr()
    assert "dfix" in out
    assert err == ""


def test_without_words_the_help_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    assert read([]) == 2
    out, err = capfd.readouterr()
    assert "dfix --write Dockerfile" in out + err


@pytest.mark.parametrize(("reader", "flags"), [(read, REWRITE), (read_verify, PROVE)])
def test_help_explains_every_flag(
    reader: Callable[[list[str]], object],
    flags: tuple[Flag, ...],
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    assert reader(["--help"]) == 0
    out = capfd.readouterr().out
    assert [text for flag in flags for text in (*flag.names, flag.help, *flag.choices) if text not in out] == []


def test_names() -> None:
    assert split_names("a, b,,c ") == ("a", "b", "c")
    assert split_names(" , ") == ()


@pytest.mark.parametrize(
    "line", ["--diff Dockerfile", "--check -q --isolated Dockerfile", "--select clean-up Dockerfile"]
)
def test_a_plain_line_is_carried_out_without_typer(line: str, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM a\n")
    program = (
        "import sys; from dfix.rewriter.cli.main import run; run(sys.argv[1:])\n"
        "print({'typer', 'click', 'rich', 'inspect', 'importlib.metadata', 'argparse'} & set(sys.modules))\n"
    )
    command = [sys.executable, "-c", program, *line.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"

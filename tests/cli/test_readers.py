"""The small reader of command lines and typer agree on what a command line asks for."""

from __future__ import annotations

import shlex

import pytest

from dfix.rewriter.cli.app import read
from dfix.rewriter.cli.request import CHOICES, LISTS, MODES, SWITCHES, VALUES, Request, read_plain, split_names

PLAIN = [
    "Dockerfile",
    ".",
    "a b 'c d' ./-x",
    "--stdin-filename app/Dockerfile -",
    "--stdin-filename=app/Dockerfile -",
    "- --stdin-filename app/Dockerfile",
    *(f"{flag} x" for flag in (*SWITCHES, *MODES)),
    *(f"x {flag}" for flag in (*SWITCHES, *MODES)),
    *(f"{flag} value x" for flag in (*VALUES, *LISTS)),
    *(f"x {flag}=value" for flag in (*VALUES, *LISTS)),
    *(f"{flag} {value} x" for flag, (_, values) in CHOICES.items() for value in values),
    *(f"{flag}=a=b x" for flag in (*VALUES, *LISTS)),
    "--select a,b --select ' c , d' x --ignore e,,f",
    "--config a --config b x",
    "--diff --unsafe --select a --color never -q -v x y",
    "--write --exit-non-zero-on-fix --isolated x",
]
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
    "--config -- x",
    "--color purple x",
    "--diff=1 x",
    "-- -x",
    "--stdin-filename",
]


@pytest.mark.parametrize("line", PLAIN)
def test_both_read_the_same(line: str) -> None:
    words = shlex.split(line)
    request = read_plain(words)
    assert request is not None
    assert request.paths
    assert read(words) == request


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
        ("--diff --write x", "exclude each other"),
        ("--color purple x", "auto, always, never"),
        ("--output-format xml x", "text, concise, json, github, gitlab, sarif, rdjson"),
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


def test_help_names_every_flag(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert read(["--help"]) == 0
    out = capfd.readouterr().out
    assert [flag for flag in (*SWITCHES, *MODES, *VALUES, *CHOICES, *LISTS, "--jobs") if flag not in out] == []


def test_names() -> None:
    assert split_names("a, b,,c ") == ("a", "b", "c")
    assert split_names(" , ") == ()

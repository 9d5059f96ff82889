"""What a person at a terminal sees."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dfix.rewriter.cli.progress_bar import with_bar
from dfix.rewriter.report.output import Output
from tests.cli.test_process import ENVIRONMENT


def at_a_terminal(folder: Path, *words: str, **environment: str) -> str:
    """All that the command writes, both streams being one terminal."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "dfix", *words]
    variables = {**ENVIRONMENT, "TERM": "xterm", "COLUMNS": "80", **environment}
    with subprocess.Popen(command, cwd=folder, env=variables, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        found = b""
        try:
            while data := os.read(ours, 65536):
                found += data
        except OSError:  # Linux says so when the other end is closed
            pass
    os.close(ours)
    return found.decode()


def on_screen(text: str) -> list[str]:
    """The lines that a terminal shows: what follows a carriage return and an erasure replaces the line."""
    return [line.rpartition("\r\x1b[K")[2].rstrip("\r") for line in text.split("\n")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(110):
        (tmp_path / f"Dockerfile.{number}").write_bytes(b"FROM debian\nRUN apt-get update && apt-get install -y jq\n")
    return tmp_path


def test_colour_is_for_terminals(folder: Path) -> None:
    assert "\x1b[1mDockerfile.1:2:\x1b[0m" in at_a_terminal(folder, "Dockerfile.1")
    assert "\x1b" not in at_a_terminal(folder, "Dockerfile.1", NO_COLOR="1")
    assert "\x1b" not in at_a_terminal(folder, "Dockerfile.1", TERM="dumb")


def test_colour_can_be_forced(folder: Path) -> None:
    assert "\x1b[1m" in at_a_terminal(folder, "Dockerfile.1", TERM="dumb", CLICOLOR_FORCE="1")
    assert "\x1b" not in at_a_terminal(folder, "Dockerfile.1", TERM="dumb", CLICOLOR_FORCE="0")
    assert "\x1b" not in at_a_terminal(folder, "Dockerfile.1", CLICOLOR_FORCE="1", NO_COLOR="1")


def test_sentences_and_code_are_broken_between_words(folder: Path) -> None:
    found = at_a_terminal(folder, "-q", "Dockerfile.1", COLUMNS="50", NO_COLOR="1").replace("\r\n", "\n")
    assert found == (
        "Dockerfile.1:2: clean-up: `apt-get update` leaves\n"
        "  package lists in this layer; only this RUN can\n"
        "  remove them (same image, except caches)\n"
        "  |\n"
        "2 | -RUN apt-get update && apt-get install -y jq\n"
        "  | +RUN apt-get update && apt-get install -y jq\n"
        "  |    && rm -rf /var/lib/apt/lists/*\n"
        "  |\n"
        "\n"
    )


def test_a_diff_is_never_broken(folder: Path) -> None:
    found = at_a_terminal(folder, "--diff", "-q", "Dockerfile.1", COLUMNS="50", NO_COLOR="1")
    assert "+RUN apt-get update && apt-get install -y jq && rm -rf /var/lib/apt/lists/*\r\n" in found


def test_a_bar_for_many_files(folder: Path) -> None:
    found = at_a_terminal(folder, "--check", ".")
    assert "─ 0 of 110 Dockerfiles" in found
    lines = on_screen(found)
    assert lines[:-2] == sorted(f"Dockerfile.{number}" for number in range(110))
    assert lines[-2].startswith("110 changes possible")


def test_output_begins_before_the_last_file_is_read(folder: Path) -> None:
    """The terminal shows what is found while the bar goes on."""
    shown: list[str] = []

    def add(number: int) -> int:
        shown.append(screen.getvalue().decode())
        return number

    screen = io.BytesIO()
    out, err = (Output(screen, colour=False, columns=80) for _ in range(2))
    for number in with_bar(map(add, range(120)), 120, out, err, quiet=False):
        out.write(f"Dockerfile.{number}\n")
    assert [on_screen(text)[: number + 1] for number, text in enumerate(shown)] == [
        [*(f"Dockerfile.{before}" for before in range(number)), on_screen(text)[number]]
        for number, text in enumerate(shown)
    ]
    assert on_screen(screen.getvalue().decode())[-1] == ""


@pytest.mark.parametrize("words", [["--check", "-q", "."], ["--check", "Dockerfile.1"]])
def test_no_bar_when_quiet_or_few(folder: Path, words: list[str]) -> None:
    assert " of " not in at_a_terminal(folder, *words).replace("in 1 of 1 file", "")


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"COLUMNS": "20"}])
def test_no_bar_where_none_can_be_drawn(folder: Path, environment: dict[str, str]) -> None:
    assert "\x1b[K" not in at_a_terminal(folder, "--check", ".", **environment)


def test_a_page_of_a_rule_is_rendered_in_a_pager(folder: Path) -> None:
    found = at_a_terminal(folder, "rule", "merge-runs", COLUMNS="60", LINES="20", PAGER="sh -c 'cat; echo the end'")
    lines = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in found.split("\r\n")]
    assert lines[-2:] == ["the end", ""]
    assert max(map(len, lines)) <= 60
    assert "**" not in found
    assert "```" not in found
    assert "\x1b[" in found


@pytest.mark.parametrize("pager", ["", "cat", "/nowhere/less"])
def test_without_a_pager_a_page_is_written(folder: Path, pager: str) -> None:
    found = at_a_terminal(folder, "rule", "merge-runs", LINES="20", PAGER=pager, NO_COLOR="1")
    assert "Reasons for leaving a place alone" in found
    assert "\x1b" not in found


def test_a_short_page_needs_no_pager(folder: Path) -> None:
    found = at_a_terminal(folder, "rule", "not-shipped", LINES="60", PAGER="sh -c 'cat; echo the end'")
    assert "What you can do" in found
    assert "the end" not in found


def test_the_lists_of_rules_and_settings_are_broken_between_words(folder: Path) -> None:
    for words in (("rules",), ("config",)):
        lines = at_a_terminal(folder, *words, COLUMNS="40", NO_COLOR="1").split("\r\n")
        assert max(map(len, lines)) <= 40 + len("only with --select copy-ownership)")
        assert any(line.startswith("  ") for line in lines)


def test_what_is_left_alone_in_several_files_is_said_once(folder: Path) -> None:
    for name in "ab":
        (folder / name).write_text("FROM debian:12\nRUN <<EOF\nls\nEOF\nRUN go build\n")
    (folder / "c").write_text("FROM debian:12\nRUN go build\nRUN make\n")
    found = at_a_terminal(folder, "-q", "--explain", "a", "b", "c", COLUMNS="200", NO_COLOR="1").split("\r\n")
    assert [line.partition(": ")[0] for line in found if "alone" in line] == ["c:3", "2 places in 2 files"]
    assert "  a:5, b:5" in found


def test_what_a_change_is_worth(tmp_path: Path) -> None:
    texts = {
        "Dockerfile": "FROM node:22\nRUN apt-get update && apt-get install -y jq\nCOPY . .\nRUN npm ci\n",
        "package.json": "{}",
        "package-lock.json": '{"lockfileVersion": 3, "packages": {}}',
        "server.js": "",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    found = at_a_terminal(tmp_path, "-q", "Dockerfile", COLUMNS="200", NO_COLOR="1").split("\r\n")
    assert [line for line in found if line.startswith("  = ")] == [
        "  = `npm ci` is re-run by 2 files of the build context instead of 4",
        "  = about 20 MB less in the image (package lists of bookworm, measured)",
    ]

r"""Reading scripts of command lines: files, commands, and what each prints, byte for byte.

A script is a text file:

    # a remark
    file Dockerfile          writes a file: its lines follow
      | FROM a               a line of text and its line end
      ~ FROM a\r\n\xff       bytes as in a Python literal, without a line end of their own
    folder a/b               makes a folder
    link a -> b              makes a symbolic link named a
    fifo pipe                makes a named pipe
    large Dockerfile         writes a file of more than 5 MB
    many 100 x               writes x/0/Dockerfile and so on, each with the lines that follow

    $ FORCE_COLOR=1 dfix --diff Dockerfile < Dockerfile
    exit 1                   the command's status
    stdout                   what it prints; nothing when it is left out
      | --- a/Dockerfile
    stderr
    holds Dockerfile         what a file holds afterwards
      | FROM b
"""

from __future__ import annotations

import ast
import os
import re
import shlex
from pathlib import Path
from typing import NamedTuple


class Answer(NamedTuple):
    """What a command did."""

    status: int
    stdout: bytes
    stderr: bytes


class Step(NamedTuple):
    """A line of a script and the text that belongs to it. `number` is the line's, for messages."""

    number: int
    word: str
    rest: str
    text: bytes


def read_script(path: Path) -> list[Step]:
    steps: list[Step] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
        if line.startswith("  "):
            last = steps.pop()
            steps.append(last._replace(text=last.text + _text(line[2:])))
        elif line and not line.startswith("#"):
            word, _, rest = line.partition(" ")
            steps.append(Step(number, word, rest.strip(), b""))
    return steps


def _text(line: str) -> bytes:
    mark, text = line[:1], line[2:]
    assert mark in ("|", "~"), f"a text line starts with | or ~: {line!r}"
    if mark == "|":
        return text.encode() + b"\n"
    found = ast.literal_eval("b'" + text.replace("'", "\\'") + "'")
    assert isinstance(found, bytes)
    return found


class Command(NamedTuple):
    """A command line with the variables set before it and the file that it reads on standard input."""

    words: list[str]
    environment: dict[str, str]
    stdin: str | None


def read_command(line: str) -> Command:
    words = shlex.split(line)
    stdin = None
    if "<" in words:
        at = words.index("<")
        stdin = words[at + 1]
        del words[at : at + 2]
    environment = {}
    while re.fullmatch(r"[A-Z_]+=.*", words[0]):
        name, _, value = words.pop(0).partition("=")
        environment[name] = value
    assert words.pop(0) == "dfix", line
    return Command(words, environment, stdin)


def set_up(step: Step) -> bool:
    """Carry out a line that makes something in the working folder; False when it is no such line."""
    path = Path(step.rest)
    if step.word == "file":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(step.text)
    elif step.word == "folder":
        path.mkdir(parents=True)
    elif step.word == "link":
        name, target = step.rest.split(" -> ")
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).symlink_to(target)
    elif step.word == "fifo":
        os.mkfifo(path)
    elif step.word == "large":
        path.write_bytes(b"#" * 5_000_001)
    elif step.word == "many":
        count, folder = step.rest.split()
        for number in range(int(count)):
            inner = Path(folder, str(number))
            inner.mkdir(parents=True)
            (inner / "Dockerfile").write_bytes(step.text)
    else:
        return False
    return True

"""`dfix layers`: its lines, its JSON, its exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from jsonschema import Draft202012Validator

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.measured.records import Took, keep, keys
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from tests.build_context import put

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/schema/dfix-layers-1.json").read_text("utf-8"))
DOCKERFILE = """\
FROM node:22-slim AS build
ARG SHA
WORKDIR /app
COPY package*.json ./
RUN npm ci
COPY . .
RUN mkdir -p \\
    /x
FROM nginx
COPY --from=build /app/dist /html
CMD ["nginx"]
"""
FILES = {"package.json": "{}", "package-lock.json": "{}", "src/a.js": "a" * 3000, ".dockerignore": "*.md\n", "x.md": ""}


class Answer(NamedTuple):
    status: int
    out: str
    err: str


def layers(*words: str, cwd: Path | None = None) -> Answer:
    command = [sys.executable, "-m", "dfix", "layers", "--isolated", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120)
    return Answer(done.returncode, done.stdout, done.stderr)


def valid_document(text: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text)
    Draft202012Validator(SCHEMA).validate(document)
    return document


def test_a_line_for_each_instruction(tmp_path: Path) -> None:
    put(tmp_path, {**FILES, "Dockerfile": DOCKERFILE})
    answer = layers("Dockerfile", cwd=tmp_path)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == (
        "Dockerfile: 5 files in the build context .\n"
        " 1 | FROM node:22-slim AS build  (doesn't ship)\n"
        " 2 | ARG SHA\n"
        " 3 | WORKDIR /app                       free                         no file\n"
        " 4 | COPY package*.json ./              quick  ████████              2 files (4 B)\n"
        " 5 | RUN npm ci                         slow   ████████              2 files, line 4; ARG SHA\n"
        " 6 | COPY . .                           quick  ████████████████████  5 files (3.2 kB), line 4; ARG SHA\n"
        " 7 | RUN mkdir -p /x                    quick  ████████████████████  5 files, lines 4, 6; ARG SHA\n"
        " 9 | FROM nginx  (ships)\n"
        "10 | COPY --from=build /app/dist /html  quick  ████████              2 files, line 4; ARG SHA\n"
        '11 | CMD ["nginx"]\n'
        "\n"
    )


def test_json_follows_the_schema(tmp_path: Path) -> None:
    put(tmp_path, {**FILES, "Dockerfile": DOCKERFILE, "Broken.Dockerfile": "FROM\n"})
    answer = layers("--output-format", "json", "Dockerfile", "Broken.Dockerfile", "absent", cwd=tmp_path)
    assert answer.status == 2
    document = valid_document(answer.out)
    first, second, third = document["files"]
    assert first["problem"] is None and second["problem"] and third["problem"]
    assert second["layers"] == third["layers"] == []
    install = next(layer for layer in first["layers"] if layer["text"] == "RUN npm ci")
    assert install == {
        "line": 5,
        "text": "RUN npm ci",
        "stage": "build",
        "ships": False,
        "step": True,
        "cost": "slow",
        "measured": None,
        "reads": {"files": 0, "bytes": 0},
        "reruns": {"files": 2, "lines": [4], "arguments": ["SHA"]},
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-"], "`-` has no layers"),
        (["--context", "absent", "."], "--context: no such folder: absent"),
        (["absent"], "absent: no such file"),
        (["Windows"], "dfix does not read this file"),
    ],
)
def test_what_cannot_be_shown_is_an_error_in_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    put(tmp_path, {"Dockerfile": DOCKERFILE, "Windows": "FROM mcr.microsoft.com/windows/nanoserver\nRUN dir\n"})
    answer = layers(*words, cwd=tmp_path)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err and answer.err.count("\n") == 1


def test_control_characters_are_written_out(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": "FROM debian:12\nCOPY . .\nRUN echo \x1b[31mred\n"})
    answer = layers("Dockerfile", cwd=tmp_path)
    assert answer.status == 0
    assert "\x1b" not in answer.out and r"\x1b[31mred" in answer.out


def test_the_context_that_is_named_is_used(tmp_path: Path) -> None:
    put(tmp_path, {"docker/Dockerfile": "FROM debian:12\nCOPY a /a\n", "a": "1", "b": "2"})
    answer = layers("--context", ".", "docker/Dockerfile", cwd=tmp_path)
    assert answer.out.startswith("docker/Dockerfile: 3 files in the build context .\n")
    assert "1 file (1 B)" in answer.out


def measured(folder: Path, took: dict[str, Took]) -> None:
    """Keep figures for the instructions of a Dockerfile, by a word of each."""
    text = (folder / "Dockerfile").read_text()
    steps = list(keys(build(parse(Source("Dockerfile", text)))))
    found = {key: figures for word, figures in took.items() for step, key in steps if word in step.instruction.value}
    keep(str(folder / "Dockerfile"), found)


def test_what_verify_has_measured(tmp_path: Path) -> None:
    put(tmp_path, {**FILES, "Dockerfile": DOCKERFILE})
    measured(tmp_path, {"npm ci": Took(12.34, None), "/app/dist": Took(0.25, 4_560_000), "nginx": Took(1, 1)})
    answer = layers("Dockerfile", cwd=tmp_path)
    assert (
        " 5 | RUN npm ci                         slow   ████████              2 files, line 4; ARG SHA; took 12.3 s\n"
        in answer.out
    )
    assert "2 files, line 4; ARG SHA; took 0.2 s, 4.6 MB\n" in answer.out
    assert answer.out.count("took") == 2
    (file,) = valid_document(layers("--output-format", "json", "Dockerfile", cwd=tmp_path).out)["files"]
    assert {layer["line"]: layer["measured"] for layer in file["layers"] if layer["measured"]} == {
        5: {"seconds": 12.34, "bytes": None},
        10: {"seconds": 0.25, "bytes": 4_560_000},
    }


def test_an_instruction_that_was_edited_since_has_no_figures(tmp_path: Path) -> None:
    put(tmp_path, {**FILES, "Dockerfile": DOCKERFILE})
    measured(tmp_path, {"npm ci": Took(12.34, None), "package*": Took(1.0, 5)})
    put(tmp_path, {"Dockerfile": DOCKERFILE.replace("npm ci", "npm ci --omit=dev")})
    answer = layers("Dockerfile", cwd=tmp_path)
    assert "took 12.3 s" not in answer.out
    assert "took 1.0 s, 5 B" in answer.out

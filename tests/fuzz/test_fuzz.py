"""Whatever the file: no exception, no byte changed without a reason, no line lost, the same reading as BuildKit's."""

from __future__ import annotations

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shared_data import Corpus
from soundness import look_at

from dfix.rewriter.pipeline.options import Options

FRAGMENTS = [
    *("FROM debian:12", "FROM node:22-alpine AS build", "FROM build", "RUN ", "ONBUILD ", "COPY . .", "COPY a b c/"),
    *("COPY --from=build /a /b", "ADD x /y", "WORKDIR /app", "USER app", "ENV A=b", "ENV A b", "ARG X", "CMD a"),
    *('SHELL ["/bin/bash", "-ec"]', "HEALTHCHECK CMD a", "LABEL a=b", 'CMD ["a", "b"]', "# escape=`", "# syntax=x"),
    *("# comment", "# dfix: ignore", "# hadolint ignore=DL3009", "apt-get update", "apt-get install -y curl"),
    *("rm -rf /var/lib/apt/lists/*", "apk add --no-cache git", "pip install -r requirements.txt", "npm ci", "cd /x"),
    *("mkdir -p /a", "chmod +x /a", "make", "set -e", "export A=b", "exit 0", "echo hello", "tar xf a.tar", "a || b"),
    *("--mount=type=cache,target=/var/lib/apt/lists ", "--network=none ", "<<EOF", "<<-'E F'", "EOF", "E F", "\tEOF"),
    *("\\", " \\", "\\\\", "`", "\n", "\n", "\n", "\r\n", " && ", " && \\\n    ", "; ", " & ", " | ", " || true", "\t"),
    *("'", '"', "$A", "${A:-b}", "$(", ")", "`date`", "{", "}", "[", "]", "(", "if true; then ", "fi", "#", " # tail"),
    *("\xa0", "\u2028", "\v", "\n\v# odd", "é", "\ufeff", "~", "*", ">", " 2>&1", "!", "=", ",", ":", "--", "-"),
]
LINES = st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)
SCRIPTS = st.lists(st.sampled_from([f for f in FRAGMENTS if not f.isupper()]), min_size=1, max_size=10).map(" ".join)
FILES = st.one_of(
    LINES,
    st.lists(SCRIPTS, max_size=6).map(lambda scripts: "FROM debian:12\n" + "".join(f"RUN {s}\n" for s in scripts)),
    LINES.map(lambda text: "FROM debian:12\nWORKDIR /app\n" + text),
)
ALONE = Options(use_context=False)
QUICK = settings(max_examples=300, suppress_health_check=list(HealthCheck))


def assert_sound(data: bytes) -> None:
    assert look_at("/nowhere/Dockerfile", data, ALONE).faults == {}


@pytest.mark.parametrize(
    "text",
    [
        "FROM debian:12\nRUN mkdir /a\n\v# one\nRUN mkdir /b\n",
        "FROM debian:12\nRUN mkdir /a\n\xa0# one\nRUN mkdir /b\n",
        "FROM debian:12\nRUN apt-get update \\ # no comment\n",
        "FROM debian:12\nRUN pip install|tee\n",
    ],
)
def test_what_has_been_found_before(text: str) -> None:
    assert_sound(text.encode())


@QUICK
@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    assert_sound(data)


@settings(QUICK, max_examples=1200)
@given(FILES)
def test_something_like_a_dockerfile(text: str) -> None:
    assert_sound(text.encode())


@settings(QUICK, max_examples=200)
@given(FILES, st.sampled_from([b"\xef\xbb\xbf", b""]), st.booleans())
def test_other_line_ends_and_a_bom(text: str, bom: bytes, last: bool) -> None:
    data = text.replace("\r\n", "\n").replace("\n", "\r\n").encode()
    assert_sound(bom + (data if last else data.rstrip(b"\r\n")))


@settings(QUICK, max_examples=700)
@given(number=st.integers(min_value=0, max_value=2**32), data=st.data())
def test_real_files_with_something_broken(real_files: Corpus, number: int, data: st.DataObject) -> None:
    names = sorted(real_files.dockerfiles)
    lines = real_files.dockerfiles[names[number % len(names)]].decode("utf-8", "replace").split("\n")
    chance = random.Random(number)
    for kind in data.draw(
        st.lists(st.sampled_from("delete repeat swap insert join cut".split()), min_size=1, max_size=4)
    ):
        lines = _broken(lines, kind, chance, data.draw(st.sampled_from(FRAGMENTS)))
    assert_sound("\n".join(lines).encode())


def _broken(lines: list[str], kind: str, chance: random.Random, fragment: str) -> list[str]:
    at = chance.randrange(len(lines))
    before, line, after = lines[:at], lines[at], lines[at + 1 :]
    cut = chance.randint(0, len(line))
    if kind == "delete" and len(lines) > 1:
        return before + after
    if kind == "repeat":
        return [*before, line, line, *after]
    if kind == "swap":
        other = chance.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
        return lines
    if kind == "insert":
        return [*before, line[:cut] + fragment + line[cut:], *after]
    if kind == "join" and after:
        return [*before, line + after[0], *after[1:]]
    return [*before, line[:cut], *after]

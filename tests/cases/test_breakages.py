"""Kinds of damage that other fixers did to real files, each as an input of our own with its whole right result.

`after` None means that the file must come back byte for byte. Every case runs with all rules.
"""

from __future__ import annotations

import pytest

from dfix.rewriter.pipeline.run import Options, run
from dfix.rewriter.text.source import Source

LISTS = "rm -rf /var/lib/apt/lists/*"

TEXT: list[tuple[str, str, str | None]] = [
    (
        "1: comment inside a continued package list",
        "FROM debian:12\nRUN apt-get update && apt-get install -y \\\n    curl \\\n    # tls\n    ca-certificates\n",
        "FROM debian:12\nRUN apt-get update && apt-get install -y \\\n    curl \\\n    # tls\n    ca-certificates \\\n    && "
        + LISTS
        + "\n",
    ),
    (
        "1: comment behind the last package",
        "FROM debian:12\nRUN apt-get update && apt-get install -y \\\n    curl \\\n    # that is all\n    && echo ok\n",
        "FROM debian:12\nRUN apt-get update && apt-get install -y \\\n    curl \\\n    # that is all\n    && echo ok \\\n    && "
        + LISTS
        + "\n",
    ),
    (
        "2: a list that goes on with `; \\`",
        "FROM debian:12\nRUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y \\\n\t\tcurl \\\n\t; \\\n\techo done\n",
        "FROM debian:12\nRUN set -eux; \\\n\tapt-get update; \\\n\tapt-get install -y \\\n\t\tcurl \\\n\t; \\\n\techo done; \\\n"
        f"\t{LISTS}\n",
    ),
    (
        "3: a shell comment at the end",
        "FROM debian:12\nRUN apt-get update && apt-get install -y gcc # c\n",
        f"FROM debian:12\nRUN apt-get update && apt-get install -y gcc && {LISTS} # c\n",
    ),
    (
        "4: CRLF",
        "FROM debian:12\r\nRUN apt-get update && apt-get install -y gcc\r\nUSER nobody\r\n",
        f"FROM debian:12\r\nRUN apt-get update && apt-get install -y gcc && {LISTS}\r\nUSER nobody\r\n",
    ),
    (
        "4: CRLF and continuations",
        "FROM debian:12\r\nRUN apt-get update \\\r\n    && apt-get install -y gcc\r\n",
        f"FROM debian:12\r\nRUN apt-get update \\\r\n    && apt-get install -y gcc \\\r\n    && {LISTS}\r\n",
    ),
    (
        "4: no last newline",
        "FROM debian:12\nRUN apt-get update && apt-get install -y gcc",
        f"FROM debian:12\nRUN apt-get update && apt-get install -y gcc && {LISTS}",
    ),
    (
        "5: directives stay first",
        "# syntax=docker/dockerfile:1\n# escape=\\\nFROM debian:12\nRUN apt-get update && apt-get install -y gcc\n",
        f"# syntax=docker/dockerfile:1\n# escape=\\\nFROM debian:12\nRUN apt-get update && apt-get install -y gcc && {LISTS}\n",
    ),
    (
        "5: Windows paths and the other escape",
        "# escape=`\nFROM mcr.microsoft.com/windows/nanoserver\nCOPY a C:\\app\\\nRUN dir C:\\ `\n  && dir\nRUN dir\nRUN dir\n",
        None,
    ),
    (
        "6: flags stay in front, once",
        "FROM debian:12\nRUN --network=none mkdir /a\nRUN --network=none chmod 700 /a\n",
        "FROM debian:12\nRUN --network=none mkdir /a \\\n    && chmod 700 /a\n",
    ),
    (
        "6: several flags and a clean-up",
        "FROM debian:12\nRUN --mount=type=secret,id=a --mount=type=tmpfs,target=/t apt-get update && apt-get install -y gcc\n",
        "FROM debian:12\nRUN --mount=type=secret,id=a --mount=type=tmpfs,target=/t apt-get update && apt-get install -y gcc && "
        + LISTS
        + "\n",
    ),
    ("6: FROM with everything", "ARG X\nFROM --platform=$X rust:1 AS b\nRUN cargo build\nRUN cargo test\n", None),
    ("6: ONBUILD stays ONBUILD", "FROM debian:12\nONBUILD RUN mkdir /a\nONBUILD RUN chmod 700 /a\n", None),
    (
        "7: heredocs are not cut, joined or indented",
        "# syntax=docker/dockerfile:1\nFROM debian:12\nRUN <<EOF\nmkdir /a\n# not a comment of the Dockerfile\n  indented\nEOF\n"
        "RUN mkdir /b\nCOPY <<A <<B /x/\na\n  # body\nA\nb\nB\n",
        None,
    ),
    (
        "7: a heredoc passed to a command",
        "FROM debian:12\nRUN cat <<EOF > /etc/x\nRUN apt-get update\nEOF\nRUN mkdir /a\nRUN chmod 700 /a\n",
        "FROM debian:12\nRUN cat <<EOF > /etc/x\nRUN apt-get update\nEOF\nRUN mkdir /a \\\n    && chmod 700 /a\n",
    ),
    ("9: WORKDIR", "FROM debian:12\nWORKDIR app\nWORKDIR /app\n", None),
    (
        "10: ENV in all its forms",
        'FROM debian:12\nENV DEPS \\\n    curl git\nENV MSG hello world  x\nENV A b c="d"\nENV NODE_OPTIONS=--max-old-space-size=4096\n'
        'ENV JAVA_OPTS "-Xmx512m -Xms256m"\n',
        None,
    ),
]

SHELL: list[tuple[str, str, str | None]] = [
    (
        "12: words that are no commands",
        'FROM debian:12\nRUN echo "apt-get install foo"\nCMD ["pip", "install", "x"]\n',
        None,
    ),
    (
        "12: a package called like a program",
        "FROM debian:12\nRUN apt-get update && apt-get install -y wget pip npm && rm -rf /var/lib/apt/lists/*\n",
        None,
    ),
    ("13: cd leaks", "FROM debian:12\nWORKDIR /app\nRUN cd /tmp\nRUN touch made\n", None),
    ("13: export leaks", "FROM debian:12\nRUN export A=b\nRUN touch made\n", None),
    (
        "13: || keeps its reach",
        "FROM debian:12\nRUN mkdir /a || true\nRUN mkdir /b\n",
        "FROM debian:12\nRUN { mkdir /a || true; } \\\n    && mkdir /b\n",
    ),
    ("13: a job in the background", "FROM debian:12\nRUN sleep 1 &\nRUN mkdir /b\n", None),
    ("13: exec form", 'FROM debian:12\nRUN ["mkdir", "/a"]\nRUN mkdir /b\n', None),
    ("13: exit", "FROM debian:12\nRUN mkdir /a; exit 0\nRUN mkdir /b\n", None),
    ("13: not across USER", "FROM debian:12\nRUN mkdir /a\nUSER nobody\nRUN mkdir /tmp/b\n", None),
    ("13: not across stages", "FROM debian:12 AS a\nRUN mkdir /a\nFROM debian:12\nRUN mkdir /b\n", None),
    ("14: cd stays cd", "FROM debian:12\nRUN cd /opt/x && ./configure\nRUN cd sub; make\n", None),
    ("15: no pipefail is invented", "FROM debian:12\nRUN curl -s https://x/y | sh && echo ok\n", None),
    (
        "16: exec forms are not touched",
        'FROM debian:12\nCMD ["java", "$JAVA_OPTS"]\nENTRYPOINT ["a", "&&", "b"]\nHEALTHCHECK CMD curl -f localhost || exit 1\n',
        None,
    ),
    ("17: sudo", "FROM debian:12\nRUN sudo -u pg psql -c x\nRUN curl -k https://x -o /y\nRUN chmod 777 /tmp\n", None),
    (
        "17: sudo goes on",
        "FROM debian:12\nRUN sudo apt-get update && sudo apt-get install -y gcc\n",
        f"FROM debian:12\nRUN sudo apt-get update && sudo apt-get install -y gcc && sudo {LISTS}\n",
    ),
]

IMAGE: list[tuple[str, str, str | None]] = [
    (
        "18: a cache mount in another spelling",
        "FROM debian:12\nRUN --mount=target=/var/lib/apt/lists/,type=cache apt-get update && apt-get install -y git\n",
        None,
    ),
    (
        "18: lists that a later install needs",
        "FROM debian:12\nRUN apt-get update && apt-get install -y gcc\nCOPY a /opt/\nRUN apt-get install -y git\n",
        None,
    ),
    ("18: apk is not apt", "FROM alpine:3.20\nRUN apk add --no-cache curl\n", None),
    ("19: NODE_ENV", "FROM node:22\nENV NODE_ENV=development\nRUN npm run build\n", None),
    (
        "20: ADD stays ADD",
        "FROM debian:12\nARG R=rootfs.tar.xz\nADD $R /\nADD https://x/y /y\nADD git@github.com:a/b.git /b\nADD a.tgz /c/\n",
        None,
    ),
    ("22: base images stay", "FROM python:2.7\nFROM centos:7\nFROM node\n", None),
    (
        "23: a cache mount over target is the author's",
        "FROM rust:1 AS b\nRUN --mount=type=cache,target=/app/target cargo build\nFROM debian:12\nCOPY --from=b /app/x /x\n",
        None,
    ),
    ("24: one stage stays one stage", 'FROM golang:1.24\nCOPY . .\nRUN go build -o /app .\nCMD ["/app"]\n', None),
]

MINIMAL: list[tuple[str, str, str | None]] = [
    (
        "a list that is not in order",
        "FROM debian:12\nRUN apt-get install -y \\\n curl \\\n bash \\\n && rm -rf /x\n",
        None,
    ),
    (
        "a value beside its option",
        "FROM python:3\nRUN pip install torch -f https://x/whl\n",
        "FROM python:3\nRUN pip install --no-cache-dir torch -f https://x/whl\n",
    ),
    (
        "yum's repository option",
        "FROM fedora:40\nRUN dnf install -y b a --enablerepo z\n",
        "FROM fedora:40\nRUN dnf install -y b a --enablerepo z && dnf clean all\n",
    ),
    (
        "apk's repository option",
        "FROM alpine:3.20\nRUN apk add -X https://x b a\n",
        "FROM alpine:3.20\nRUN apk add --no-cache -X https://x b a\n",
    ),
    ("wget on BusyBox", "FROM alpine\nRUN wget https://x/y\n", None),
    ("a mode for one folder", "FROM debian:12\nCOPY conf /etc/app\nRUN chmod 755 /etc/app\n", None),
    (
        "a shell form CMD and a SHELL",
        'FROM debian:12\nCMD a && b\nSHELL ["/bin/bash", "-c"]\nRUN a && b',
        None,
    ),
    ("bundle", 'FROM ruby:3.3\nRUN bundle install\nCMD ["rails", "s"]\n', None),
    (
        "a list, then a COPY of another stage",
        "FROM alpine AS x\nFROM alpine\nRUN apk add --no-cache \\\n    b \\\n    a\nCOPY --from=x /a /b\n",
        None,
    ),
    ("pipe in dash", "FROM debian:12\nRUN a | b && c && d\n", None),
    ("false; echo", "FROM debian:12\nRUN false; echo a; echo b\n", None),
    ("test && rm; true", "FROM own\nRUN test -d /z && rm -r /z; true\nRUN rm -r /y\n", None),
    (
        "test && rm; true, in a known working directory",
        "FROM debian:12\nRUN test -d /z && rm -r /z; true\nRUN rm -r /y\n",
        "FROM debian:12\nRUN { test -d /z && rm -r /z; true; } \\\n    && rm -r /y\n",
    ),
    ("single quotes", "FROM debian:12\nRUN echo '$HOME' > /c\n", None),
    ("flags that differ", "FROM debian:12\nRUN --network=none mkdir /a\nRUN mkdir /b\n", None),
]

ALL = [*TEXT, *SHELL, *IMAGE, *MINIMAL]


@pytest.mark.parametrize(("name", "before", "after"), ALL, ids=[case[0] for case in ALL])
def test_whole_output(name: str, before: str, after: str | None) -> None:
    result = run(Source.from_bytes("Dockerfile", before.encode()), Options(use_context=False))
    assert result.problem is None
    assert result.after.text == (before if after is None else after)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("FROM debian:12\nRUNN x\n", 2, "unknown instruction `RUNN`"),
        ("FROM debian:12\nRUN a \\\n\n  && b\n{{ template }}\n", 5, "`{{` looks like a template's syntax"),
        ("FROM debian:12\nRUN cat <<EOF\nx\n", 2, "the heredoc EOF has no end"),
        ("RUN x\n", 1, "RUN comes before the first FROM"),
        ("# only\n", 0, "the file has no instructions"),
        ("FROM debian:12\nENV A\n", 2, "ENV needs a name and a value"),
    ],
)
def test_8_lines_that_cannot_be_read_are_kept_and_told(text: str, line: int, message: str) -> None:
    result = run(Source.from_bytes("Dockerfile", text.encode()), Options(use_context=False))
    assert result.after.text == text
    assert result.problem is not None
    assert (result.problem.line, result.problem.message) == (line, message)


def test_4_a_byte_order_mark_stays() -> None:
    before = b"\xef\xbb\xbfFROM debian:12\nRUN apt-get update && apt-get install -y gcc\n"
    result = run(Source.from_bytes("Dockerfile", before), Options(use_context=False))
    assert result.after.to_bytes() == before.replace(b"gcc", f"gcc && {LISTS}".encode())


def test_11_lines_after_a_change_are_those_of_the_new_file() -> None:
    text = (
        "FROM debian:12\nRUN mkdir /a\nRUN mkdir /b\nRUN mkdir /c\n"
        "RUN apt-get update && apt-get install -y gcc\nCOPY a /opt/\nRUN apt-get install -y git\n"
    )
    result = run(Source.from_bytes("Dockerfile", text.encode()), Options(use_context=False))
    refusal = next(refusal for refusal in result.refusals if refusal.code == "needed-later")
    lines = result.after.text.split("\n")
    assert text.split("\n")[refusal.line - 1].startswith("RUN apt-get update")
    assert lines[refusal.line_after - 1].startswith("RUN apt-get update")
    assert refusal.line_after == refusal.line

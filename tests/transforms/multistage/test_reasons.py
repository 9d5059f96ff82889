"""What a conversion says that it gains."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.pipeline.options import Options
from tests.build_context import rewritten

NODE = {
    "package.json": '{"devDependencies": {"typescript": "5"}}',
    "package-lock.json": '{"packages": {"": {}, "node_modules/a": {"dev": true}, "node_modules/b": {"dev": true}, "node_modules/c": {}}}',
}


@pytest.mark.parametrize(
    ("files", "dockerfile", "reason"),
    [
        (
            {"go.mod": "module a\n\nrequire b.c/d v1.0.0\n"},
            'FROM golang:1.22\nWORKDIR /s\nCOPY . .\nRUN go build -o /a .\nCMD ["/a"]\n',
            "`a` runs on debian:bookworm-slim, without Go and the sources (about 740 MB less)",
        ),
        (
            NODE,
            'FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n',
            "`node` runs on node:22-slim, without development dependencies (2 packages)",
        ),
        (
            {**NODE, "package-lock.json": "[]"},
            'FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\nCMD ["node", "a.js"]\n',
            "`node` runs on node:22-slim, without development dependencies and the compilers of node:22 (about 880 MB less); "
            "`dfix verify` shows whether its packages find their libraries there",
        ),
        (
            {"requirements.txt": "flask\n"},
            "FROM python:3.12-slim\nCOPY requirements.txt /\nRUN apt-get install -y gcc\nRUN pip install -r /requirements.txt\n"
            'RUN apt-get purge -y gcc\nCMD ["python"]\n',
            "`python` runs on python:3.12-slim, without packages that only the build needs",
        ),
        (
            {"Makefile": "a: a.c\n\tcc -o a a.c\n"},
            'FROM debian:12-slim\nRUN apt-get install -y gcc make\nWORKDIR /s\nCOPY . .\nRUN make\nCMD ["./a"]\n',
            "`a` runs on debian:12-slim, without the sources and the packages gcc, make (about 192 MB less)",
        ),
    ],
)
def test_what_is_gained(tmp_path: Path, files: dict[str, str], dockerfile: str, reason: str) -> None:
    options = Options(select=frozenset(("multistage",)), unsafe=True, context=str(tmp_path))
    result = rewritten(tmp_path, files, dockerfile, options)
    assert [change.reason for change in result.changes] == [reason], result.refusals


@pytest.mark.parametrize(
    ("files", "dockerfile", "said", "unsaid"),
    [
        (
            {"mix.exs": ""},
            'FROM elixir:1.17\nWORKDIR /a\nCOPY . .\nRUN mix release\nCMD ["_build/prod/rel/a/bin/a"]\n',
            "1200 MB",
            "the base image",
        ),
        (
            {"mix.exs": ""},
            'FROM elixir:1.17-slim\nWORKDIR /a\nCOPY . .\nRUN mix release\nCMD ["_build/prod/rel/a/bin/a"]\n',
            "elixir:1.17-slim",
            " MB",
        ),
        (
            {"a.php": ""},
            "FROM php:8.3-cli\nCOPY --from=composer:2 /usr/bin/composer /usr/bin/\nRUN apt-get install -y autoconf\n"
            'WORKDIR /a\nCOPY . .\nRUN composer install\nCMD ["php", "a.php"]\n',
            "composer",
            " MB",
        ),
        (
            {"a.php": ""},
            "FROM php:8.3-cli\nRUN apt-get update && apt-get install -y autoconf\n"
            'RUN docker-php-ext-install bcmath\nCMD ["php", "-a"]\n',
            "autoconf",
            "composer",
        ),
        (
            {"Makefile": "a: a.c\n\tcc -o a a.c\n"},
            'FROM gcc:13-bookworm\nWORKDIR /s\nCOPY . .\nRUN make\nCMD ["./a"]\n',
            "GCC",
            "compilers of",
        ),
    ],
)
def test_what_and_how_much(tmp_path: Path, files: dict[str, str], dockerfile: str, said: str, unsaid: str) -> None:
    options = Options(select=frozenset(("multistage",)), unsafe=True, context=str(tmp_path))
    result = rewritten(tmp_path, files, dockerfile, options)
    (change,) = result.changes
    assert said.lower() in change.reason.lower()
    assert unsaid.lower() not in change.reason.lower()

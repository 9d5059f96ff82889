"""`dfix bases`: the images it finds, what it says of them, its JSON and its exit status."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from dfix.rewriter.bases.image_reference import image_reference
from dfix.rewriter.bases.image_row import BaseRow, base_rows
from dfix.rewriter.bases.image_use import BaseUse, base_uses
from dfix.rewriter.bases.old_data import old_data
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from tests.build_context import put
from tests.layers.test_layers import Answer
from tests.processor import allowed

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/schema/dfix-bases-1.json").read_text("utf-8"))
DAY = "2026-11-30"
EPOCH = {"SOURCE_DATE_EPOCH": "1796040000"}
"""That day."""
DIGEST = "sha256:" + "0f" * 32


def bases(*words: str, cwd: Path, **environment: str) -> Answer:
    command = [sys.executable, "-m", "dfix", "bases", "--isolated", *words]
    environment = {**os.environ, **EPOCH, **environment}
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, timeout=120, env=environment)
    return Answer(done.returncode, done.stdout, done.stderr)


def uses(text: str, path: str = "Dockerfile", root: str = "/") -> list[BaseUse]:
    return list(base_uses(build(parse(Source(path, text))), root))


def images(text: str) -> list[str]:
    """Each use: the image, or in brackets why it is not known."""
    return [
        f"[{use.why}]" if use.kind == "unknown" else use.reference.text if use.reference else use.kind
        for use in uses(text)
    ]


def row(image: str, day: str = DAY) -> BaseRow:
    (found,) = base_rows(uses(f"FROM {image}\n"), day)
    return found


def ended(image: str) -> list[str]:
    return [f"{ending.product} {ending.release} {ending.last_day}" for ending in row(image).ended(DAY)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FROM node\n", ["node"]),
        ("FROM --platform=linux/arm64 node:22 AS a\nFROM a\nFROM A AS b\nFROM b\n", ["node:22"]),
        ("FROM scratch\nCOPY a /\n", ["scratch"]),
        ("ARG V=3.11\nFROM python:${V}-slim\n", ["python:3.11-slim"]),
        ("ARG V=3.11\nARG B=python:${V}-slim\nARG V\nFROM $B\n", ["python:3.11-slim"]),
        ('ARG V="3.11"\nFROM "python:$V"\n', ["python:3.11"]),
        ("ARG V\nFROM python:${V:-3.11}\n", ["python:3.11"]),
        ("ARG V\nFROM python:${V-3.11}${V:+-slim}${V+-x}\n", ["python:3.11"]),
        ("ARG V\nFROM a AS b\nFROM ${V:-debian:8}\nFROM ${V-debian:9}\n", ["a", "debian:8", "debian:9"]),
        ("ARG V\nARG W\nFROM ${V:-${W:-debian:8}}\n", ["debian:8"]),
        ("ARG V\nARG W=${V:-debian:8}\nFROM $W\n", ["debian:8"]),
        ("ARG V\nFROM a AS b\nFROM ${V:-b}\nFROM ${V:-B}\n", ["a"]),
        ("ARG V\nFROM python:${V:-3}$V\n", ["[ARG V has no default]"]),
        ("ARG V\nFROM python:${V:?}\n", ["[ARG V has no default]"]),
        ("ARG V\nFROM python:${V%.*}\n", ["[ARG V has no default]"]),
        ("ARG V=3\nARG V\nFROM python:${V:-4}\n", ["python:3"]),
        ("ARG V\nARG V=3\nFROM python:${V:-4}\n", ["python:3"]),
        ("ARG V=\nFROM ${V:-debian:8}\nFROM ${V-debian:9}\n", ["debian:8", "[it is empty without a build argument]"]),
        ("ARG V=x\nFROM ${V:+debian:8}\n", ["debian:8"]),
        ("ARG V\nFROM ${V:+debian:8}\n", ["[it is empty without a build argument]"]),
        ("FROM python:${TARGETARCH:-3.11}\n", ["[TARGETARCH depends on the machine]"]),
        ("ARG V\nFROM a AS b\nFROM $V\n", ["a", "[ARG V has no default]"]),
        ("FROM a AS base-x\nARG V\nFROM ${V}\n", ["a", "[no ARG V comes before the first FROM]"]),
        ("ARG V\nARG W\nFROM a AS base-x\nFROM base-${V%${W:-y}}\nFROM $V-x\n", ["a"]),
        ("FROM python:${V:-3.11}\n", ["python:3.11"]),
        ("FROM python:$V\n", ["[no ARG V comes before the first FROM]"]),
        ("ARG V\nFROM python:$V\n", ["[ARG V has no default]"]),
        ("ARG WHICH=a\nFROM node AS a\nFROM node AS b\nFROM $WHICH\n", ["node", "node"]),
        ("FROM alpine AS base-amd64\nFROM base-$TARGETARCH\n", ["alpine"]),
        ("FROM image-$TARGETARCH\n", ["[TARGETARCH depends on the machine]"]),
        ("FROM {{ base }}\n", []),  # two words: BuildKit refuses it
        ("FROM {{base}}\n", ["[a template's placeholder]"]),
        ("FROM Node\n", ["[`Node` is not an image name]"]),
        ("FROM --x\n", []),
        ("FROM a AS b\nCOPY --from=b /x /\nCOPY --from=0 /x /\nCOPY --from=uv:1 /x /\n", ["a", "uv:1"]),
        ("FROM a\nRUN --mount=type=bind,from=c:1,target=/x true\nONBUILD COPY --from=d /x /\n", ["a", "c:1"]),
        ("FROM a\nFROM b\nCOPY --from=00 /x /\nCOPY --from=+0 /y /\n", ["a", "b"]),
        ("FROM a\nARG V=1\nFROM b:$V\n", ["a", "[no ARG V comes before the first FROM]"]),
    ],
)  # fmt: skip
def test_each_image_is_found_once_for_each_use(text: str, found: list[str]) -> None:
    if found:
        assert images(text) == found


@pytest.mark.parametrize(
    ("text", "name", "location"),
    [
        ("node:22", "node", "docker.io/library/node"),
        ("docker.io/library/node", "node", "docker.io/library/node"),
        ("owner/app:1", "owner/app", "docker.io/owner/app"),
        ("localhost/app", "localhost/app", "localhost/app"),
        ("localhost:5000/app:1", "localhost:5000/app", "localhost:5000/app"),
        ("[::1]:5000/app", "[::1]:5000/app", "[::1]:5000/app"),
        (f"ghcr.io/a/b__c/d-e@{DIGEST}", "ghcr.io/a/b__c/d-e", "ghcr.io/a/b__c/d-e"),
    ],
)
def test_an_image_name_is_read_like_an_engine_reads_it(text: str, name: str, location: str) -> None:
    reference = image_reference(text)
    assert reference is not None
    assert (reference.name, reference.location, reference.text) == (name, location, text)


@pytest.mark.parametrize(
    "text",
    ["", "-x", "--tls-verify=false", "a:", "a@", "a:-x", "a/-b", "-a/b", "A", "a//b", "a b", "a\nb", "a@sha256:12", "a:b:c", "é", "a/", "/a",
     "a;b", "$(a)", "x" * 501],
)  # fmt: skip
def test_what_could_be_an_option_or_another_word_is_no_image_name(text: str) -> None:
    assert image_reference(text) is None


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("python:3.8.10-slim-buster", ["Python 3.8.10 2024-10-07", "Debian 10 2024-06-30"]),
        ("docker.io/library/python:2", ["Python 2 2020-01-01"]),
        ("python:3", []),  # moves on
        ("python:3.14", []),
        ("python:slim", []),
        ("node:lts-dubnium-alpine3.9", ["Node.js 10 2021-04-30", "Alpine 3.9 2020-11-01"]),
        ("golang:1.4", ["Go 1.4 2019-02-25"]),  # older than all that are listed
        ("golang:1", []),
        ("debian:buster-20220101-slim", ["Debian 10 2024-06-30"]),
        ("debian:stable", []),
        ("ubuntu:focal", ["Ubuntu 20.04 2025-05-29"]),
        ("ubuntu:22.04", []),
        ("nginx:1.17", []),  # not in the data: nothing is known
        ("owner/python:3.6-buster", []),  # its owner's tags
        ("mcr.microsoft.com/dotnet/sdk:3.1-focal", [".NET 3.1 2022-12-13", "Ubuntu 20.04 2025-05-29"]),
        (f"python:3.6@{DIGEST}", ["Python 3.6 2021-12-23"]),
        (f"python@{DIGEST}", []),
        ("php:99999999999999999999", []),
    ],
)
def test_the_end_of_life_of_what_a_tag_names(image: str, said: list[str]) -> None:
    assert ended(image) == said


def test_the_last_day_itself_is_not_past_it() -> None:
    assert row("python:3.9", "2025-10-31").ended("2025-10-31") == ()
    assert row("python:3.9", "2025-11-01").ended("2025-11-01") != ()


def test_unpinned_deprecated_and_several_tags() -> None:
    assert (row("node").unpinned, row("node:latest").unpinned) == ("no-tag", "latest")
    assert (row("node:22").unpinned, row(f"node@{DIGEST}").unpinned) == ("", "")
    openjdk = row("library/openjdk:17").deprecated
    assert openjdk is not None and openjdk.instead == ("eclipse-temurin", "amazoncorretto")
    assert row("owner/openjdk").deprecated is None
    text = f"FROM node\nFROM node:22\nFROM node@{DIGEST}\nFROM other:1\n"
    rows = base_rows([*uses(text, "a", "/a"), *uses("FROM node:20\n", "b", "/b")], DAY)
    assert {one.shown: one.other_tags for one in rows} == {
        "node": ("22",), "node:22": ("latest",), "node@sha256:0f0f0f0…": (), "node:20": (), "other:1": (),
    }  # fmt: skip


def test_dates_that_were_read_long_ago_are_called_old() -> None:
    rows = base_rows(uses("FROM python:3.8\nFROM alpine:3.9\nFROM rust:1\n"), DAY)
    read = {ending.product: ending.read for one in rows for ending in one.endings}
    assert old_data(rows, min(read.values())) is None
    old = old_data(rows, "2030-01-01")
    assert old is not None and old.products == ("Alpine", "Python") and old.days > 1000


def test_the_table(tmp_path: Path) -> None:
    put(tmp_path, {
        "a/Dockerfile": "ARG V=3.8\nFROM python:${V}-slim AS build\nFROM python:3.8-slim\nFROM openjdk\n",
        "b.Dockerfile": "FROM node:9\nCOPY --from=uv /u /\n",
        "c.Dockerfile": "FORM x\n",
    })  # fmt: skip
    answer = bases(".", cwd=tmp_path)
    assert answer.status == 2
    assert answer.err.startswith("c.Dockerfile:1: unknown instruction `FORM`") and answer.err.count("\n") == 1
    assert answer.out == (
        "BASE             FILES  END OF LIFE  NOTES\n"
        "node:9               1  2018-06-30   Node.js 9 reached its end of life on 2018-06-30\n"
        "  b.Dockerfile:1 (stage 0)\n"
        "openjdk              1  -            the image is deprecated since 2022-07-31, use eclipse-temurin or amazoncorretto; "
        "no tag: each build takes the newest image\n"
        "  a/Dockerfile:4 (stage 2)\n"
        "python:3.8-slim      1  2024-10-07   Python 3.8 reached its end of life on 2024-10-07\n"
        "  a/Dockerfile:2 (stage build; V=3.8)\n"
        "  a/Dockerfile:3 (stage 1)\n"
        "uv                   1  -            no tag: each build takes the newest image\n"
        "  b.Dockerfile:2 (stage 0, COPY --from)\n"
        "4 bases in 2 files: 2 past their end of life, 1 deprecated, 2 without a version\n"
    )
    later = bases("b.Dockerfile", cwd=tmp_path, SOURCE_DATE_EPOCH="1900000000")
    assert later.status == 0 and "days old" in later.err and later.err.count("\n") == 1


def test_what_is_printed_is_bounded_and_is_one_line_of_no_command(tmp_path: Path) -> None:
    long = "x" * 20_000
    put(tmp_path, {
        "a.Dockerfile": f"ARG V={long}\nARG W=$V$V\nFROM a:${{W}} AS {long}\nFROM b:{long}\nFROM c\nCOPY --from={long}Y /a /\n",
        "b.Dockerfile": "".join(f"ARG A{n}={n}\n" for n in range(40)) + "FROM a:" + "".join(f"$A{n}" for n in range(40)),
        "::error::c\n::error::d.Dockerfile": f"FROM {long}/\x1b[31m##[error]\n",
        "d\n::error::e.Dockerfile": f"FROM a AS 1{long}\n",
    })  # fmt: skip
    for form in ("text", "json"):
        answer = bases("-v", "--output-format", form, ".", cwd=tmp_path)
        assert answer.status == 2
        for line in (answer.out + answer.err).split("\n"):
            assert len(line) < 1_700 and not line.startswith("::")
            assert form == "json" or "##[" not in line
        assert "\x1b" not in answer.out + answer.err
        assert answer.err.count("\n") == 1
    row_of_b = next(line for line in bases("-v", ".", cwd=tmp_path).out.split("\n") if "b.Dockerfile:41" in line)
    assert row_of_b.endswith("A16=16, A17=17, and 30 more)")
    named = f"FROM {'y' * 300}/z:{'t' * 128}\n"  # a name that an engine accepts is shown whole
    put(tmp_path, {"z/Dockerfile": named})
    assert named[5:-1] in bases("z", cwd=tmp_path).out


def test_json_follows_the_schema(tmp_path: Path) -> None:
    put(
        tmp_path,
        {
            "Dockerfile": f"ARG V=9\nARG N\nFROM node:$V AS x\nFROM java@{DIGEST}\nFROM y:$N\n",
            "Broken.Dockerfile": "FROM\n",
        },
    )
    answer = bases("--output-format", "json", ".", "absent", cwd=tmp_path)
    assert answer.status == 2
    document: dict[str, Any] = json.loads(answer.out)
    Draft202012Validator(SCHEMA).validate(document)
    assert [problem["path"] for problem in document["problems"]] == ["Broken.Dockerfile", "absent"]
    java, node, unknown = document["bases"]
    assert (java["digest"], java["unpinned"], java["deprecated"]["since"]) == (DIGEST, None, "2016-12-31")
    assert (node["image"], node["tag"], node["end_of_life"][0]["ended"]) == ("node", "9", True)
    assert node["uses"] == [
        {"path": "Dockerfile", "line": 3, "stage": "x", "ships": True, "instruction": "FROM", "written": "node:$V",
         "arguments": {"V": "9"}, "unknown": None}
    ]  # fmt: skip
    assert (unknown["kind"], unknown["uses"][0]["unknown"]) == ("unknown", "ARG N has no default")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-"], "`-` has no bases"),
        (["absent"], "absent: no such file"),
        (["--config", "absent.toml", "."], "--config and --isolated"),
        (["--output-format", "xml", "."], "takes one of text, json"),
    ],
)
def test_bad_input_is_an_error_in_one_line(tmp_path: Path, words: list[str], said: str) -> None:
    answer = bases(*words, cwd=tmp_path)
    assert answer.status == 2 and said in answer.err and "Traceback" not in answer.err


def test_control_characters_are_written_out(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": "FROM \x1b[31mred\n"})
    answer = bases("Dockerfile", cwd=tmp_path)
    assert answer.status == 0 and "\x1b" not in answer.out


def test_the_time_grows_with_the_number_of_uses_only() -> None:
    """30,000 uses of as many images, all in one repository."""
    many = [use._replace(path=str(at)) for at, use in enumerate(uses("FROM node:22\n") * 30_000)]
    different = [use._replace(reference=image_reference(f"app{at % 9}:{at}")) for at, use in enumerate(many)]
    start = time.process_time()
    rows = base_rows([*many, *different], DAY)
    assert len(rows) == 30_001
    assert time.process_time() - start < allowed(4)

"""`dfix bases --pin`: digests from a real registry, faults of registries, and where a digest is written."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dfix.rewriter.bases import registry_tools
from dfix.rewriter.bases.fresh_name import FreshName, Wish
from dfix.rewriter.bases.image_reference import image_reference
from dfix.rewriter.bases.image_use import base_uses
from dfix.rewriter.bases.registry_tools import RegistryError, RegistryTool, found_tool, manifest_of
from dfix.rewriter.bases.renamed import questions, renamed
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from tests.bases.registries import Registry, faulty_registry, free_port, program, real_registry
from tests.bases.test_bases import DIGEST, bases
from tests.build_context import put

PIN = Wish(pin=True, level=None)
DIGESTS = re.compile(r"@sha256:[0-9a-f]{64}")


@pytest.fixture(scope="module")
def registry_with_images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, dict[str, str]]]:
    """A registry, and the digest of each tag in it."""
    program("skopeo")
    with real_registry(tmp_path_factory.mktemp("registry")) as real:
        pushed = {
            "base:3.11-slim": real.push("base:3.11-slim", ("amd64", "arm64", "s390x"), oci=False),
            "base:latest": real.push("base:latest", ("amd64", "arm64"), oci=True),
            "team/one:1.0": real.push("team/one:1.0", ("amd64",), oci=True),
        }
        yield real, pushed


def test_an_index_is_pinned_of_both_kinds_and_a_lone_image_too(
    tmp_path: Path, registry_with_images: tuple[Registry, dict[str, str]]
) -> None:
    real, pushed = registry_with_images
    host = real.host
    text = (
        f"# the base\r\nARG TAG='3.11-slim'\r\nFROM --platform=linux/arm64 {host}/base:${{TAG}} AS a\r\n"
        f"FROM {host}/base\r\nCOPY --from={host}/team/one:1.0 /a /a\r\n"
        f"RUN --mount=from={host}/team/one:1.0,target=/x \\\r\n  true\r\nFROM a\r\nFROM scratch"
    )
    put(tmp_path, {"a/Dockerfile": "", "b.Dockerfile": f"FROM {host}/base:3.11-slim\n"})
    (tmp_path / "a/Dockerfile").write_bytes(b"\xef\xbb\xbf" + text.encode())
    shown = bases("--pin", ".", cwd=tmp_path)
    assert (shown.status, shown.err) == (1, "")
    assert shown.out.count("diff --git") == 2 and (tmp_path / "a/Dockerfile").read_bytes().endswith(text.encode())
    written = bases("--pin", "--write", ".", cwd=tmp_path)
    assert (written.status, written.err, written.out) == (0, "", "Pinned 5 images in 2 files\n")
    after = (
        text.replace("'3.11-slim'", f"'3.11-slim@{pushed['base:3.11-slim']}'")
        .replace(f"{host}/base\r", f"{host}/base:latest@{pushed['base:latest']}\r")
        .replace("one:1.0", f"one:1.0@{pushed['team/one:1.0']}")
    )
    assert (tmp_path / "a/Dockerfile").read_bytes() == b"\xef\xbb\xbf" + after.encode()
    assert (tmp_path / "b.Dockerfile").read_text() == f"FROM {host}/base:3.11-slim@{pushed['base:3.11-slim']}\n"
    again = bases("--pin", ".", cwd=tmp_path)
    assert (again.status, again.out, again.err) == (0, "", "")


def test_what_cannot_take_a_digest_is_a_reason_and_no_error(
    tmp_path: Path, registry_with_images: tuple[Registry, dict[str, str]]
) -> None:
    real, pushed = registry_with_images
    image = f"{real.host}/team/one:1.0"
    put(tmp_path, {"Dockerfile": f"ARG V=1.0\nARG W\nFROM {real.host}/no/image:${{V}}-slim\nFROM x:$W\nFROM {image}\n"})
    said = (
        f"Dockerfile:3: {real.host}/no/image:1.0-slim gets no digest: a build argument gives only a part of its tag, and would no longer "
        "have an effect. Let one build argument hold the whole tag: ARG TAG=3.11-slim, FROM python:${TAG}\n"
        "Dockerfile:4: x:$W gets no digest: ARG W has no default\n"
    )
    assert bases("--pin", ".", cwd=tmp_path)[:1] == (1,)
    written = bases("--pin", "--write", ".", cwd=tmp_path)
    assert (written.status, written.out, written.err) == (0, "Pinned 1 image in 1 file\n", said)
    assert f"FROM {image}@{pushed['team/one:1.0']}\n" in (tmp_path / "Dockerfile").read_text()
    assert bases("--pin", ".", cwd=tmp_path, PATH=str(tmp_path)).status == 0  # nothing is left to ask about


def test_what_a_registry_does_not_give_is_one_line_and_the_rest_is_written(
    tmp_path: Path, registry_with_images: tuple[Registry, dict[str, str]]
) -> None:
    real, pushed = registry_with_images
    down = f"127.0.0.1:{free_port()}"
    put(tmp_path, {
        "a.Dockerfile": f"FROM {real.host}/base:9\nFROM {real.host}/base\n",
        "b.Dockerfile": f"FROM {down}/x:1\nFROM {down}/y:2\nFROM {real.host}/base:9\n",
        "c.Dockerfile": f"FROM --platform=linux/riscv64 {real.host}/base:3.11-slim\n",
        "d.Dockerfile": "FORM x\n",
    })  # fmt: skip
    answer = bases("--pin", "--write", ".", cwd=tmp_path)
    assert answer.status == 2
    assert answer.err.splitlines() == [
        "d.Dockerfile:1: unknown instruction `FORM`. Did you mean `FROM`? Or continue the line above it",
        f"a.Dockerfile:1: {real.host}/base:9 gets no digest (and 1 more place): {real.host} has no such image. Correct the name or the tag",
        f"b.Dockerfile:1: {down}/x:1 gets no digest (and 1 more place): {down} can't be reached. Check the connection and the proxy",
        f"c.Dockerfile:1: {real.host}/base:3.11-slim gets no digest: it has no image for linux/riscv64 (it has linux/amd64, linux/arm64, "
        "linux/s390x). Correct --platform or the tag",
    ]  # fmt: skip
    assert (tmp_path / "a.Dockerfile").read_text() == (
        f"FROM {real.host}/base:9\nFROM {real.host}/base:latest@{pushed['base:latest']}\n"
    )
    assert DIGESTS.search((tmp_path / "b.Dockerfile").read_text() + (tmp_path / "c.Dockerfile").read_text()) is None


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("refused", "refuses access, or has no such image"),
        ("absent", "has no such image"),
        ("busy", "limits how often it may be asked"),
        ("half", "broke off its answer"),
        ("cut", "the answer is not a whole manifest"),
        ("page", "the answer is not a whole manifest"),
        ("slow", "gave no answer within 1 s"),
    ],
)
def test_a_fault_of_a_registry_has_a_sentence(image: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program("skopeo")
    monkeypatch.setattr(registry_tools, "SECONDS", 1.0 if image == "slow" else 60.0)
    tool = found_tool()
    assert tool is not None and tool.name == "skopeo"
    with faulty_registry() as host:
        reference = image_reference(f"{host}/{image}:1")
        assert reference is not None
        with pytest.raises(RegistryError) as error:
            manifest_of(tool, reference)
        assert said in str(error.value) and error.value.hint
        assert bool(error.value.whole) == (image in ("busy", "slow"))


def stand_in(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_the_tools_get_one_checked_name_as_one_argument(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = json.dumps({"schemaVersion": 2, "manifests": []})
    record = f'printf "%s|" "$@" >> "{tmp_path}/said"; printf "%s" \'{manifest}\''
    stand_in(tmp_path / "bin", "docker", record)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.defpath}")
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "docker" else None)
    tool = found_tool()
    node = image_reference("node")
    assert tool == RegistryTool("buildx", ("docker", "buildx", "imagetools")) and node is not None
    assert manifest_of(tool, node).digest.startswith("sha256:")
    assert (
        tmp_path / "said"
    ).read_text() == "buildx|version|buildx|imagetools|inspect|--raw|docker.io/library/node:latest|"
    stand_in(tmp_path / "bin", "skopeo", record)
    (tmp_path / "config.json").write_text(json.dumps({"auths": {"x": {"auth": base64.b64encode(b"a:b").decode()}}}))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    (tmp_path / "said").unlink()
    manifest_of(RegistryTool("skopeo", ("skopeo",)), node)
    file = tmp_path / "config.json"
    assert (
        tmp_path / "said"
    ).read_text() == f"--debug|inspect|--raw|--authfile|{file}|docker://docker.io/library/node:latest|"


def test_without_a_tool_it_says_so_in_one_line(tmp_path: Path) -> None:
    put(tmp_path, {"Dockerfile": "FROM node:22\n", "pinned/Dockerfile": f"FROM node:22@{DIGEST}\n"})
    answer = bases("--pin", ".", cwd=tmp_path, PATH=str(tmp_path))
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == "dfix: neither skopeo nor docker buildx is installed. Install one of them\n"
    nothing = bases("--pin", "pinned", cwd=tmp_path, PATH=str(tmp_path))  # and needs none where nothing is to be asked
    assert (nothing.status, nothing.out, nothing.err) == (0, "", "")


def result(text: str) -> tuple[str, list[str]]:
    """The file as it is pinned if the registries know every image, and why a use gets no digest."""
    tree = parse(Source("Dockerfile", text))
    uses = list(base_uses(build(tree), ""))
    answers = {one: FreshName(one.image.tag or "latest", DIGEST) for one in questions(tree, uses, PIN)}
    found = renamed(tree, uses, answers, PIN)
    return found.after.text, [one.said for one in found.left]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("FROM node:22 AS a\n", "FROM node:22@D AS a\n"),
        ("from node:22\n", "from node:22@D\n"),
        ("FROM \\\n  node:22 \\\n  AS a\n", "FROM \\\n  node:22@D \\\n  AS a\n"),
        ("ARG B=node:22\nFROM $B\nFROM ${B}\n", "ARG B=node:22@D\nFROM $B\nFROM ${B}\n"),
        ("ARG A=1 T=22-slim\nFROM node:${T}\nFROM app:$A-x\n", "ARG A=1 T=22-slim@D\nFROM node:${T}\nFROM app:$A-x\n"),
        ("ARG R=docker.io\nFROM ${R}/library/node:22\n", "ARG R=docker.io\nFROM ${R}/library/node:22@D\n"),
        ('ARG B="node"\nFROM $B\n', 'ARG B="node:latest@D"\nFROM $B\n'),
        ("FROM a:1\nRUN --mount=type=bind,source=/x,from=b:1,target=/x true\n", "FROM a:1@D\nRUN --mount=type=bind,source=/x,from=b:1@D,target=/x true\n"),
        ("FROM a:1\nFROM a:1\nCOPY --chown=1 --from=a:1 x y\n", "FROM a:1@D\nFROM a:1@D\nCOPY --chown=1 --from=a:1@D x y\n"),
    ],
)  # fmt: skip
def test_a_digest_follows_the_tag_where_it_is_written(text: str, place: str) -> None:
    after, _ = result(text)
    assert after == place.replace("@D", f"@{DIGEST}")
    assert result(after)[0] == after


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ARG V=3.11\nFROM python:${V}-slim\n", "gives only a part of its tag"),
        ("ARG N=python\nFROM $N:3.11\n", "each value needs another digest"),
        ("ARG V=3.11\nARG B=python:$V\nFROM $B\n", "has no plain default"),
        ("ARG B=node:20\nARG B=node:22\nFROM $B\n", "has no plain default"),
        ("ARG T=22\nFROM node:$T\nARG T\nRUN echo $T\n", "ARG T is also used on line 3"),
        ("ARG T=22\nARG U=x$T\nFROM node:$T\n", "ARG T is also used on line 2"),
        ("FROM python:${V:-3.11}\n", "a variable that is not plain"),
        ("ARG V=3\nARG W=11\nFROM python:$V.$W\n", "several variables"),
        ('FROM "node:22"\n', "in a way that dfix does not edit"),
        ("FROM no\\\nde:22\n", "in a way that dfix does not edit"),
    ],
)
def test_a_digest_that_would_break_another_value_is_not_written(text: str, said: str) -> None:
    after, left = result(text)
    assert after == text
    assert len(left) == 1 and said in left[0]


@pytest.mark.parametrize(
    ("text", "after", "said"),
    [
        ("ARG T=1\nFROM a:$T\nFROM b:$T-x\nFROM c:1\n", "ARG T=1\nFROM a:$T\nFROM b:$T-x\nFROM c:1@D\n", "ARG T is also part of b:1-x on line 3"),
        (f"ARG T=1\nFROM a:$T\nFROM b:$T@{DIGEST}\n", "", "ARG T is also part of b:1@"),
        ("ARG T=1\nFROM c:1@D AS s1\nFROM a:$T\nFROM s$T\n", "", "ARG T also chooses the stage on line 4"),
        ("ARG T\nFROM a:$T\nFROM c:1\n", "ARG T\nFROM a:$T\nFROM c:1@D\n", "ARG T has no default"),
    ],
)  # fmt: skip
def test_an_argument_of_other_images_gets_no_digest_and_the_others_do(text: str, after: str, said: str) -> None:
    text = text.replace("@D", f"@{DIGEST}")
    got, left = result(text)
    assert got == (after or text).replace("@D", f"@{DIGEST}")
    assert said in left[0]


def test_an_argument_that_would_get_two_digests_gets_none() -> None:
    tree = parse(Source("Dockerfile", "ARG T=1\nFROM a:$T\nFROM b:$T\n"))
    uses = list(base_uses(build(tree), ""))
    answers = {one: FreshName("1", f"sha256:{number:064x}") for number, one in enumerate(questions(tree, uses, PIN))}
    found = renamed(tree, uses, answers, PIN)
    assert found.after.text == tree.source.text
    assert {one.said for one in found.left} == {"ARG T is the tag of several images"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--write", "."], "Add --update or --pin"),
        (["--pin", "--level", "minor", "."], "Add --update"),
    ],
)
def test_flags_that_cannot_be_combined(tmp_path: Path, words: list[str], said: str) -> None:
    answer = bases(*words, cwd=tmp_path)
    assert answer.status == 2 and said in answer.err and answer.err.count("\n") == 1

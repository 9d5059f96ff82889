"""`dfix bases --update`: which tags are newer in the author's own scheme, and what is written from a real registry."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from dfix.rewriter.bases.fresh_name import FreshName, Wish
from dfix.rewriter.bases.image_use import base_uses
from dfix.rewriter.bases.renamed import questions, renamed
from dfix.rewriter.bases.tag_scheme import Level, newer_tags
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source
from tests.bases.registries import Registry, faulty_registry, free_port, program, real_registry
from tests.bases.test_bases import DIGEST, bases
from tests.bases.test_pin import stand_in
from tests.build_context import put

SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs/schema/dfix-bases-changes-1.json").read_text("utf-8"))
PYTHON = (
    "3 3-slim 3.11 3.11-slim 3.12-slim 3.11.4-slim 3.11.9-slim 3.11.10-slim 3.11.10 3.12.1-slim 4.0.0-slim 3.11.11rc1-slim "
    "3.11.12-slim-bookworm 3.11.20241010-slim v3.11.13-slim latest slim"
)
NODE = "22 22.1 22.1.0 22.1.3 22.12.0 24.0.0 25.0.0 26.1.0"
UBUNTU = "22.04 22.10 24.04 25.10 26.04 26.10 jammy jammy-20240101 jammy-20240401 noble-20241010"


@pytest.mark.parametrize(
    ("image", "tags", "level", "newest"),
    [
        ("python:3.11.4-slim", PYTHON, "release", "3.11.10-slim"),
        ("python:3.11.4-slim", PYTHON, "minor", "3.12.1-slim"),
        ("python:3.11.4-slim", PYTHON, "major", "4.0.0-slim"),
        ("python:3.11-slim", PYTHON, "release", ""),  # the registry moves it on
        ("python:3.11-slim", PYTHON, "minor", "3.12-slim"),
        ("python:3-slim", PYTHON, "minor", ""),
        ("python:3.11.11rc1-slim", PYTHON, "major", ""),  # not a release
        ("python:slim", PYTHON, "major", ""),
        ("python:3.11.10-slim", PYTHON, "release", ""),  # never back
        ("node:22.1.0", NODE, "release", "22.12.0"),  # a release of Node.js is 22
        ("node:22.1", NODE, "release", ""),
        ("node:22.1.0", NODE, "major", "26.1.0"),
        ("node:22.1.0", "22.1.0 24.0.0 25.0.0", "major", "24.0.0"),  # with long-term support
        ("node:23.1.0", "23.1.0 24.0.0 25.0.0", "major", "25.0.0"),
        ("node:26.1.0", "26.1.0 27.0.0", "major", "27.0.0"),
        ("ubuntu:22.04", UBUNTU, "minor", ""),
        ("ubuntu:22.04", UBUNTU, "major", "26.04"),
        ("ubuntu:22.10", UBUNTU, "release", ""),
        ("ubuntu:jammy-20240101", UBUNTU, "release", "jammy-20240401"),
        ("ubuntu:jammy", UBUNTU, "major", ""),
        ("debian:12.4", "12 12.4 12.11 13.1", "release", "12.11"),
        ("postgres:16.2-alpine", "16 16.2-alpine 16.6-alpine 17.2-alpine", "release", "16.6-alpine"),
        ("team/app:1.2", "1.2 1.10 2.0", "release", "1.10"),
        ("team/app:1.2", "1.2 1.2.3 1.10 2.0", "release", ""),
        ("team/app:1.2.3", "1.2.3 1.2.4 1.3.0", "release", "1.2.4"),
        ("team/app:v1.2.3-alpine3.18", "v1.2.4-alpine3.19 1.2.5-alpine3.18 v1.2.4-alpine3.18", "release", "v1.2.4-alpine3.18"),
        ("team/app:17.0.8_7-jre", "17.0.8.9-jre 17.0.9_9-jre", "release", "17.0.9_9-jre"),
        ("team/app:39", "39 40", "release", ""),
        ("team/app:39", "39 40 20240101", "major", "40"),
        ("team/app:20240101", "20240101 20240501 99", "release", "20240501"),
        ("team/app:2024.03", "2024.03 2024.10 2024.2", "release", ""),  # each month is a release
        ("team/app:2024.03", "2024.03 2024.10 2024.2 2025.01", "minor", "2024.10"),
        ("team/app:nightly-20240101", "nightly-20240101 nightly-20240501", "major", ""),
        ("team/app:alpine3.18", "alpine3.18 alpine3.19", "major", ""),
        ("team/app:1a2b3c4", "1a2b3c4 9a2b3c4", "major", ""),
        ("python:3.11.4-slim", "3.11.4-slim 3.11.99999999999999999999999-slim", "release", ""),
    ],
)  # fmt: skip
def test_a_newer_tag_follows_the_authors_scheme(image: str, tags: str, level: Level, newest: str) -> None:
    name, _, tag = image.partition(":")
    assert next(iter(newer_tags(name, tag, tags.split(), level)), "") == newest


def result(text: str, names: dict[str, str], wish: Wish) -> tuple[str, list[str]]:
    """The file after registries gave new tags, and why uses are left; `D` stands for a digest."""
    tree = parse(Source("Dockerfile", text.replace("@D", f"@{DIGEST}")))
    uses = list(base_uses(build(tree), ""))
    new = DIGEST.replace("0f", "e1")
    answers = {
        one: FreshName(names.get(f"{one.image.name}:{one.image.tag}", one.image.tag), new if one.digest else "")
        for one in questions(tree, uses, wish)
    }
    found = renamed(tree, uses, answers, wish)
    return found.after.text.replace(new, "N").replace(DIGEST, "D"), [one.said for one in found.left]


NAMES = {"a:1.0": "1.1", "a:1.0-slim": "1.1-slim", "b:1.0": "1.2", "a:1.0.0": "2.1.0"}
UPDATE, BOTH = Wish(pin=False, level="release"), Wish(pin=True, level="release")


@pytest.mark.parametrize(
    ("text", "after", "wish"),
    [
        ("FROM a:1.0\nFROM a\nFROM c:x\n", "FROM a:1.1\nFROM a\nFROM c:x\n", UPDATE),
        ("FROM a:1.0@D AS x\nCOPY --from=c:x@D / /\n", "FROM a:1.1@N AS x\nCOPY --from=c:x@N / /\n", UPDATE),
        ("FROM a:1.0\nFROM c:x\n", "FROM a:1.1@N\nFROM c:x@N\n", BOTH),
        ("ARG V=1.0\nFROM a:${V}-slim\nFROM a:$V\n", "ARG V=1.1\nFROM a:${V}-slim\nFROM a:$V\n", UPDATE),
        ("ARG V=0\nFROM a:1.$V-slim\n", "ARG V=1\nFROM a:1.$V-slim\n", UPDATE),
        ("ARG V=1.0\nFROM a:${V}-slim@D\n", "ARG V=1.1\nFROM a:${V}-slim@N\n", UPDATE),
        ("ARG R=h.io ARG T='1.0'\nARG T='1.0'\nFROM $R/a:$T\n", "", UPDATE),
        ("ARG R=docker.io T='1.0'\nFROM $R/library/a:$T\n", "ARG R=docker.io T='1.1'\nFROM $R/library/a:$T\n", UPDATE),
        ("ARG B=a:1.0@D\nFROM $B\n", "ARG B=a:1.1@N\nFROM $B\n", UPDATE),
        ("ARG N=a\nFROM $N:1.0\n", "ARG N=a\nFROM $N:1.1\n", UPDATE),
        ("ARG N=a\nFROM ${N}:1.0@D\n", "ARG N=a\nFROM ${N}:1.1@N\n", UPDATE),
        ("ARG V=1.0\nFROM a:$V\nARG V=2\nRUN get $V\n", "ARG V=1.1\nFROM a:$V\nARG V=2\nRUN get $V\n", UPDATE),
        ("FROM scratch\nFROM docker.io/library/a:1.0\n", "FROM scratch\nFROM docker.io/library/a:1.1\n", UPDATE),
    ],
)  # fmt: skip
def test_a_tag_is_written_where_it_stands(text: str, after: str, wish: Wish) -> None:
    assert result(text, NAMES, wish)[0] == (after or text)


@pytest.mark.parametrize(
    ("text", "said", "wish"),
    [
        ("ARG V=1.0\nFROM a:$V\nFROM b:$V\n", "ARG V is the tag of several images", UPDATE),
        ("ARG V=1.0\nFROM a:$V\nFROM d:$V\n", "ARG V is also part of d:1.0 on line 3", UPDATE),
        ("ARG V=1.0\nFROM a:$V\nARG V\nRUN get $V\n", "ARG V is also used on line 3", UPDATE),
        ("ARG V=0\nFROM a:1.$V.0\n", "ARG V holds only a part of what would change", UPDATE),
        ("ARG V=1 W=0\nFROM a:$V.$W\n", "several variables", UPDATE),
        ("ARG V=x\nFROM a:${V}-slim\n", "gives only a part of its tag", BOTH),
        ("ARG N=a\nFROM $N:x\n", "each value needs another digest", BOTH),
        ("FROM ${N:-docker.io/library/a:1.0}\n", "a variable that is not plain", BOTH),
        ("FROM ${N:-docker.io/library/a}\n", "a variable that is not plain", BOTH),
        ("FROM a@D\n", "a digest and no tag to follow", UPDATE),
        ("ARG V\nFROM a:$V\n", "ARG V has no default", UPDATE),
    ],
)
def test_what_cannot_be_updated_has_a_reason(text: str, said: str, wish: Wish) -> None:
    after, left = result(text, NAMES, wish)
    assert after == text
    assert left and said in left[0]


def test_a_tag_is_updated_also_where_no_digest_can_follow() -> None:
    after, left = result("ARG V=1.0\nFROM a:${V}-slim\nFROM b:1.0\n", NAMES, BOTH)
    assert after == "ARG V=1.1\nFROM a:${V}-slim\nFROM b:1.2@N\n"
    assert len(left) == 1 and "gives only a part of its tag" in left[0]


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Registry, dict[str, str]]]:
    """A registry with several releases, of both kinds of manifests, and the digest of each tag."""
    program("skopeo")
    with real_registry(tmp_path_factory.mktemp("registry")) as real:
        both, all_three = ("amd64", "arm64"), ("amd64", "arm64", "s390x")
        pushed = {
            **{tag: real.push(f"app:{tag}", both, oci=False) for tag in ("1.2.3-slim", "1.2.4-slim")},
            **{tag: real.push(f"app:{tag}", both, oci=True) for tag in ("1.2.10-slim", "1.3.0-slim", "2.0.0-slim")},
            **{tag: real.push(f"lone:{tag}", ("amd64",), oci=True) for tag in ("7.1", "7.2")},
            "5.0.1": real.push("late:5.0.1", all_three, oci=True),
            "5.0.2": real.push("late:5.0.2", all_three, oci=True),
        }
        real.push("late:5.0.3", both, oci=True)  # s390x is not built yet
        yield real, pushed


def test_tags_and_digests_are_shown_then_written(tmp_path: Path, releases: tuple[Registry, dict[str, str]]) -> None:
    real, pushed = releases
    host = real.host
    text = (
        f"ARG V=1.2.3\nFROM {host}/app:${{V}}-slim AS a\nFROM {host}/app:1.2.3-slim@{DIGEST}\nFROM {host}/lone:7.1\n"
        f"FROM {host}/late:5.0.1@{DIGEST}\nFROM --platform=arm64 {host}/late:5.0.1\nFROM {host}/app:2.0.0-slim\nFROM a\n"
    )
    put(tmp_path, {"Dockerfile": text})
    shown = bases("--update", ".", cwd=tmp_path)
    assert (shown.status, shown.err) == (1, "") and shown.out.startswith("diff --git")
    assert (tmp_path / "Dockerfile").read_text() == text
    written = bases("--update", "--write", ".", cwd=tmp_path)
    assert (written.status, written.err, written.out) == (0, "", "Updated 5 images in 1 file\n")
    after = (tmp_path / "Dockerfile").read_text()
    assert after == (
        f"ARG V=1.2.10\nFROM {host}/app:${{V}}-slim AS a\nFROM {host}/app:1.2.10-slim@{pushed['1.2.10-slim']}\n"
        f"FROM {host}/lone:7.2\nFROM {host}/late:5.0.2@{pushed['5.0.2']}\nFROM --platform=arm64 {host}/late:5.0.3\n"
        f"FROM {host}/app:2.0.0-slim\nFROM a\n"
    )
    again = bases("--update", ".", cwd=tmp_path)
    assert (again.status, again.out) == (0, "")
    assert again.err == (
        f"Dockerfile:5: {host}/late:5.0.2 keeps its tag: 5.0.3 has no image for linux/s390x. Try again later\n"
    )
    major = bases("--update", "--level", "major", "--output-format", "json", ".", cwd=tmp_path)
    document = json.loads(major.out)
    Draft202012Validator(SCHEMA).validate(document)
    assert (major.status, document["written"]) == (1, False)
    assert [(one["line"], one["after"].partition("@")[0]) for one in document["changes"]] == [
        (2, f"{host}/app:2.0.0-slim"), (3, f"{host}/app:2.0.0-slim")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("image", "said"),
    [
        ("refused", "refuses access, or has no such image"),
        ("absent", "has no such image"),
        ("absent/x509/denied", "has no such image"),
        ("busy", "limits how often it may be asked"),
        ("half", "broke off its answer"),
        ("cut", "broke off its answer"),
        ("page", "gives an answer that is no JSON"),
        ("tags-half", "broke off its answer"),
        ("tags-cut", "the answer is not a whole manifest"),
    ],
)
def test_a_fault_of_a_registry_is_one_line_and_nothing_is_written(tmp_path: Path, image: str, said: str) -> None:
    program("skopeo")
    with faulty_registry() as host:
        text = f"FROM {host}/{image}:1.0.1@{DIGEST}\n"
        put(tmp_path, {"Dockerfile": text})
        answer = bases("--update", "--write", ".", cwd=tmp_path)
    assert answer.status == 2 and answer.out == "Updated 0 images in 0 files\n"
    assert said in answer.err and answer.err.count("\n") == 1 and "Traceback" not in answer.err
    assert (tmp_path / "Dockerfile").read_text() == text


def test_a_registry_that_is_down_is_one_line_for_all_its_images(tmp_path: Path) -> None:
    program("skopeo")
    down = f"127.0.0.1:{free_port()}"
    put(tmp_path, {"a.Dockerfile": f"FROM {down}/x:1.0.1\nFROM {down}/y:2.0.1\n"})
    answer = bases("--update", ".", cwd=tmp_path)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        f"a.Dockerfile:1: {down}/x:1.0.1 stays as it is (and 1 more place): {down} can't be reached. Check the connection and the proxy\n"
    )


def test_credentials_come_from_the_helper_of_the_users_settings(tmp_path: Path) -> None:
    program("skopeo")
    answer = json.dumps({"ServerURL": "x", "Username": "user", "Secret": "hidden"})
    stand_in(tmp_path / "bin", "docker-credential-own", f"printf '%s' '{answer}'")
    with faulty_registry("hidden") as host:
        put(tmp_path, {
            "project/Dockerfile": f"FROM {host}/tags-x:1.0.1\n",
            "settings/config.json": json.dumps({"credHelpers": {host: "own"}}),
            "none/config.json": "{}",
        })  # fmt: skip
        (tmp_path / "settings/broken.json").write_text(json.dumps({"credHelpers": {host: "missing"}}))
        path = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
        found = bases("--update", "project", cwd=tmp_path, PATH=path, DOCKER_CONFIG=str(tmp_path / "settings"))
        assert (found.status, found.err) == (1, "") and f"+FROM {host}/tags-x:1.0.2\n" in found.out
        refused = bases("--update", "project", cwd=tmp_path, PATH=path, DOCKER_CONFIG=str(tmp_path / "none"))
        assert refused.status == 2 and "refuses access" in refused.err and "hidden" not in found.out + refused.err
        file = str(tmp_path / "settings/broken.json")
        broken = bases("--update", "project", cwd=tmp_path, PATH=path, REGISTRY_AUTH_FILE=file)
        assert broken.status == 2 and "since the credential helper for it gives no answer" in broken.err


def test_buildx_lists_no_tags_and_refreshes_digests(tmp_path: Path) -> None:
    manifest = json.dumps({"schemaVersion": 2, "manifests": []})
    stand_in(tmp_path / "bin", "docker", f"printf '%s' '{manifest}'")
    put(tmp_path, {"project/Dockerfile": f"FROM a:1.0.1@{DIGEST}\nFROM b:1.0.1\n"})
    answer = bases("--update", "project", cwd=tmp_path, PATH=str(tmp_path / "bin"))
    assert answer.status == 2
    assert answer.err == "dfix: docker buildx lists no tags, so only digests are new. Install skopeo\n"
    assert re.findall(r"^\+FROM a:1\.0\.1@sha256:\w+$", answer.out, re.MULTILINE) and "+FROM b" not in answer.out

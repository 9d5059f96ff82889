"""Proofs of dfix's own changes with a real engine; a transform that is wrong on purpose shows that faults are pinned."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.cli.main import run
from dfix.rewriter.model import Model
from dfix.rewriter.pipeline import registry
from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.text.source import Edit, Span
from tests.cli.test_terminal import at_a_terminal
from tests.engine.fixture import Engine
from tests.verify.conftest import Verify

THREE = """\
FROM busybox
RUN mkdir /a
RUN mkdir /b
ENV X=1
RUN mkdir /c
RUN mkdir /d
USER 1000
RUN mkdir /tmp/e
RUN mkdir /tmp/f
"""
MERGED = """\
FROM busybox
RUN mkdir /a \\
    && mkdir /b
ENV X=1
RUN mkdir /c \\
    && mkdir /d
USER 1000
RUN mkdir /tmp/e \\
    && mkdir /tmp/f
"""


@pytest.fixture
def in_process(
    engine: Engine,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[..., tuple[int, Any]]:
    """Runs `dfix verify` in this process, so that a transform can be put in, and answers with status and JSON."""
    engine.bases("busybox")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("tmp")))
    for name, value in engine.environment.items():
        monkeypatch.setenv(name, value)

    def verify(*words: str) -> tuple[int, Any]:
        common = ["--isolated", "--network=host", "--no-measure", "--output-format=json"]
        status = run(["verify", *common, *words])
        return status, json.loads(capfd.readouterr().out)

    return verify


def wrong(name: str, old: str, new: str) -> SimpleNamespace:
    """A transform that replaces a text wherever it stands and promises the same image."""

    def propose(model: Model) -> Iterator[Change | Refusal]:
        at = model.source.text.find(old)
        if at >= 0:
            yield Change(name, at, (Edit(Span(at, at + len(old)), new),), "it is shorter", "same-image")

    return SimpleNamespace(NAME=name, CODES=(), ORDER=99, CONTRACT="same-image", SUMMARY="", propose=propose)


def put_in(monkeypatch: pytest.MonkeyPatch, *added: SimpleNamespace) -> None:
    transforms = (*registry.transforms(), *added)
    monkeypatch.setattr(pipeline, "transforms", lambda: transforms)


def test_a_proven_file_is_measured_and_not_written(verify: Verify, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(THREE + "WORKDIR /app\nCOPY . .\n")
    (tmp_path / "a.py").write_text("")
    found = verify(str(path), "--output-format=json")
    assert (found.status, found.err) == (0, "1 Dockerfile: 1 proven\n")
    (file,) = json.loads(found.out)["files"]
    assert (file["verdict"], file["written"]) == ("proven", False)
    assert (file["differences"], file["caches"]) == ([], [])
    assert [change["rule"] for change in file["changes"]] == ["merge-runs"] * 3
    assert file["edited"] == {"source": "a.py", "dependency": ""}
    before, after = file["before"], file["after"]
    assert (before["layers"], after["layers"]) == (9, 6)
    assert [len(before["cold"]["ran"]), before["cold"]["cached"]] == [8, 0]
    assert [len(after["cold"]["ran"]), after["cold"]["cached"]] == [5, 0]
    assert [len(after["unchanged"]["ran"]), after["unchanged"]["cached"]] == [0, 5]
    assert after["source_edit"]["ran"] == ["[6/6] COPY . ."]
    assert after["source_edit"]["cached"] == 4
    assert 0 < after["pushed"] < 10_000
    assert path.read_text() == THREE + "WORKDIR /app\nCOPY . .\n"


def test_write_writes_what_is_proven(verify: Verify, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(THREE)
    found = verify("--write", "--no-measure", str(path))
    assert (found.status, found.err) == (0, "1 Dockerfile: 1 proven; 1 written\n")
    assert path.read_text() == MERGED


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_broken_promise_is_pinned_on_its_change_and_the_others_are_written(
    in_process: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int
) -> None:
    old = ("ENV X=1\n", "USER 1000\n", "mkdir /c \\\n    && mkdir /d")[number]
    new = ("", "", "mkdir -m 700 /c && mkdir /d")[number]
    seen = (
        'config Env X is not set, was "1"',
        'config User is not set, was "1000"',
        "/c mode 0700, was 0755",
    )[number]
    put_in(monkeypatch, wrong("shorten", old, new))
    path = tmp_path / "Dockerfile"
    path.write_text(THREE)
    status, document = in_process("--write", str(path))
    (file,) = document["files"]
    assert (status, file["verdict"], file["written"]) == (1, "broken", True)
    (blame,) = file["broken"]
    assert blame["change"]["rule"] == "shorten"
    assert seen in [f"{found['path']} {found['what']}" for found in blame["differences"]]
    assert path.read_text() == MERGED


def test_two_broken_promises_and_one_that_no_longer_builds(
    in_process: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    put_in(monkeypatch, wrong("drop-env", "ENV X=1\n", ""), wrong("typo", "mkdir /d", "mkdirr /d"))
    path = tmp_path / "Dockerfile"
    path.write_text(THREE)
    status, document = in_process("--write", str(path))
    (file,) = document["files"]
    assert (status, file["written"]) == (1, True)
    assert {blame["change"]["rule"]: bool(blame["message"]) for blame in file["broken"]} == {
        "drop-env": False,
        "typo": True,
    }
    for blame in file["broken"]:
        assert blame["failed"] == ({"version": "after", "line": 5} if blame["log"] else None)
        if blame["log"]:
            assert "mkdirr: not found" in Path(blame["log"]).read_text()
            Path(blame["log"]).unlink()
    assert path.read_text() == MERGED


def test_a_change_that_declares_its_difference_is_no_fault(
    in_process: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def propose(model: Model) -> Iterator[Change | Refusal]:
        at = model.source.text.find("mkdir /c")
        if at >= 0:
            yield Change("no-folder", at, (Edit(Span(at, at + 8), "true"),), "no folder is needed", "changed-image")

    unsafe = SimpleNamespace(
        NAME="no-folder", CODES=(), ORDER=99, CONTRACT="changed-image", SUMMARY="", propose=propose
    )
    put_in(monkeypatch, unsafe)
    path = tmp_path / "Dockerfile"
    path.write_text(THREE)
    status, document = in_process(str(path))
    assert [change["rule"] for change in document["files"][0]["changes"]] == ["merge-runs"] * 3
    status, document = in_process("--unsafe", str(path))
    (file,) = document["files"]
    assert (status, file["verdict"]) == (0, "proven")
    assert ("/c", "is gone", {"line": 5, "text": "RUN mkdir /c"}) in [
        (row["path"], row["what"], row["was"]) for row in file["differences"]
    ]
    assert file["ran"] == "its command exits 0 with the same output"


def test_a_setting_that_a_declared_change_loses_is_a_fault(
    in_process: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def propose(model: Model) -> Iterator[Change | Refusal]:
        at = model.source.text.find("USER 1000\n")
        if at >= 0:
            yield Change("no-user", at, (Edit(Span(at, at + 10), ""),), "no user is needed", "changed-image")

    unsafe = SimpleNamespace(NAME="no-user", CODES=(), ORDER=99, CONTRACT="changed-image", SUMMARY="", propose=propose)
    put_in(monkeypatch, unsafe)
    path = tmp_path / "Dockerfile"
    path.write_text(THREE)
    status, document = in_process("--unsafe", str(path))
    (file,) = document["files"]
    assert (status, file["verdict"]) == (1, "broken")
    (blame,) = file["broken"]
    assert blame["change"]["rule"] == "no-user"
    assert ("config User", 'is not set, was "1000"', {"line": 7, "text": "USER 1000"}) in [
        (row["path"], row["what"], row["was"]) for row in blame["differences"]
    ]


def test_against_a_rewrite_of_somebody_else(verify: Verify, tmp_path: Path) -> None:
    old, new = tmp_path / "Dockerfile", tmp_path / "Dockerfile.new"
    old.write_text(THREE)
    new.write_text("# by hand\n" + MERGED)
    found = verify(str(old), "--against", str(new), "--no-measure")
    assert (found.status, found.err) == (0, "1 Dockerfile: 1 proven\n")
    lines = found.out.splitlines()
    assert lines[0] == f"{old}: proven, the same image"
    assert any(line.startswith("  layers") and line.split()[1:] == ["7", "4", "3", "fewer"] for line in lines)


UUID = "$(cat /proc/sys/kernel/random/uuid)"


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        (f"RUN mkdir /d && touch /d/{UUID}", "RUN mkdir /d", "/d/"),
        (f"RUN mkdir /d && touch /d/{UUID}", "RUN mkdir /d && touch /d/fixed", "/d/"),
        ("RUN mkdir -p /var/log && echo a > /var/log/app.log", None, "/var/log/app.log content"),
        ("RUN echo a > /etc/machine-id", None, "/etc/machine-id content"),
        (f"RUN mkdir /etc/ssh && echo {UUID} > /etc/ssh/ssh_host_rsa_key", None, "/etc/ssh/ssh_host_rsa_key content"),
        ("MAINTAINER a", None, 'config author is "b", was "a"'),
    ],
)
def test_what_looks_like_noise_but_is_another_image(
    verify: Verify, tmp_path: Path, old: str, new: str | None, path: str
) -> None:
    assert path in _against(verify, tmp_path, old, new or old.replace(UUID, "a").replace(" a", " b"), 1)


@pytest.mark.parametrize(
    "line",
    [
        f"RUN mkdir /d && touch /d/{UUID}",
        f"RUN mkdir -p /d/{UUID}/e && cd /d/* && echo a > e/f",
        "RUN mktemp -d && mktemp",
        f"RUN mkdir -p /var/log && echo {UUID} > /var/log/app.log",
        f"RUN echo {UUID} > /etc/machine-id",
        "MAINTAINER a",
    ],
)
def test_what_differs_in_each_build_of_both_is_noise(verify: Verify, tmp_path: Path, line: str) -> None:
    assert "proven, the same image" in _against(verify, tmp_path, line, f"{line}\n# by hand", 0)


def _against(verify: Verify, folder: Path, old: str, new: str, status: int) -> str:
    (folder / "Dockerfile").write_text(f"FROM busybox\n{old}\n")
    (folder / "Dockerfile.new").write_text(f"FROM busybox\n{new}\n")
    found = verify(str(folder / "Dockerfile"), "--against", str(folder / "Dockerfile.new"), "--no-measure")
    assert found.status == status, found.out + found.err
    return found.out


def test_the_dockerfiles_own_text_is_no_difference(verify: Verify, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(THREE + "COPY . /src\n")
    found = verify("--no-measure", str(path))
    assert (found.status, found.err) == (0, "1 Dockerfile: 1 proven\n")


def test_an_ignore_file_that_hides_itself_is_in_force(verify: Verify, tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text(".dockerignore\nsecret\n")
    (tmp_path / "secret").write_text("x")
    path = tmp_path / "Dockerfile"
    path.write_text(THREE + "COPY . /src/\nRUN test ! -e /src/secret\n")
    found = verify("--no-measure", str(path))
    assert (found.status, found.err) == (0, "1 Dockerfile: 1 proven\n")


def test_an_ignore_file_that_dfix_makes_is_in_the_image_as_in_a_real_build(
    in_process: Callable[..., tuple[int, Any]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def ignores(*lines: str) -> SimpleNamespace:
        def propose(model: Model) -> Iterator[Change | Refusal]:
            assert model.context is not None
            if not model.context.ignore.ignored("junk"):
                yield Change("no-junk", 0, (), "nobody needs it", "same-image", lines)

        return SimpleNamespace(NAME="no-junk", CODES=(), ORDER=99, CONTRACT="same-image", SUMMARY="", propose=propose)

    path = tmp_path / "Dockerfile"
    path.write_text("FROM busybox\nCOPY . /src/\nRUN mkdir /a\nRUN mkdir /b\n")
    put_in(monkeypatch, ignores("junk"))
    status, document = in_process(str(path))
    (blame,) = document["files"][0]["broken"]
    assert (status, blame["change"]["rule"]) == (1, "no-junk")
    assert [(one["path"], one["what"]) for one in blame["differences"]] == [("/src/.dockerignore", "is new")]
    put_in(monkeypatch, ignores("junk", ".dockerignore"))
    status, document = in_process(str(path))
    assert (status, document["files"][0]["verdict"]) == (0, "proven")
    (tmp_path / ".dockerignore").write_text("*.md\n")
    put_in(monkeypatch, ignores("junk"))
    status, document = in_process(str(path))
    (blame,) = document["files"][0]["broken"]
    assert [one["path"] for one in blame["differences"]] == ["/src/.dockerignore"]


@pytest.mark.parametrize(
    "home",
    ["ENV HOME=/data/me", "RUN echo 'x:x:7:7::/data/me:/bin/sh' >> /etc/passwd", "ENV HOME=/data/me\nENV HOME=/x"],
)
def test_caches_in_homes_of_the_dockerfile_are_caches(verify: Verify, tmp_path: Path, home: str) -> None:
    lines = home.split("\n")
    before = "\n".join(
        ["FROM busybox", lines[0], "RUN mkdir -p /data/me/.npm && echo 1 > /data/me/.npm/a # npm", *lines[1:]]
    )
    (tmp_path / "Dockerfile").write_text(before + "\n")
    (tmp_path / "Dockerfile.new").write_text(before.replace(" # npm", " && rm /data/me/.npm/a # npm") + "\n")
    words = (str(tmp_path / "Dockerfile"), "--against", str(tmp_path / "Dockerfile.new"), "--no-measure")
    assert verify(*words).out.startswith(f"{tmp_path}/Dockerfile: proven, the same image, except caches\n")


def test_noise_of_the_engine_is_told_from_faults(verify: Verify, tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text("FROM busybox\nRUN mkdir /a\nRUN mkdir /b\nRUN head -c 8 /dev/urandom > /when\n")
    found = verify("--no-measure", "--output-format=json", str(path))
    assert found.status == 0, found.out
    (file,) = json.loads(found.out)["files"]
    assert [(noise["path"], noise["reason"]) for noise in file["noise"]] == [
        ("/when", "differs between two builds of the same file")
    ]


def test_several_files_at_a_time_come_in_order(verify: Verify, tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text(THREE)
    (tmp_path / "b/Dockerfile").write_text("FROM busybox\n")
    (tmp_path / "c/Dockerfile").write_text("FROM busybox\nRUN --nonsense a\n")
    found = verify("--jobs", "3", "--no-measure", "--output-format=json", str(tmp_path))
    assert found.status == 2
    files = json.loads(found.out)["files"]
    assert [(file["path"][-12:-11], file["verdict"]) for file in files] == [
        ("a", "proven"),
        ("b", "unchanged"),
        ("c", "failed"),
    ]


def test_write_with_verify_is_verify_with_write(
    in_process: Callable[..., tuple[int, Any]], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(THREE)
    assert run(["--write", "--verify", "--network=host", "--no-measure", str(path)]) == 0
    assert path.read_text() == MERGED
    assert run(["--verify", str(path)]) == 2
    assert "--verify needs --write" in capfd.readouterr().err


def test_a_terminal_shows_what_is_being_built(engine: Engine, tmp_path: Path) -> None:
    engine.bases("busybox")
    (tmp_path / "Dockerfile").write_text(THREE + "RUN sleep 2\n")
    environment = {name: engine.environment[name] for name in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")}
    words = ("verify", "--isolated", "--network=host", "--no-measure", "Dockerfile")
    seen = at_a_terminal(tmp_path, *words, **environment)
    assert "Dockerfile: before, build without cache: [" in seen
    assert "RUN sleep 2" in seen
    assert "━" in seen
    assert seen.rindex("━") < seen.index("1 Dockerfile: 1 proven")
    assert "before, build" not in at_a_terminal(tmp_path, *words, "--quiet", **environment)

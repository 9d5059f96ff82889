"""What differs between two builds of one Dockerfile, told from images made by hand."""

from __future__ import annotations

import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path

import jsonschema
import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.report.output import Output
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.compare import Origin
from dfix.rewriter.verify.document import document
from dfix.rewriter.verify.epoch import epoch_of
from dfix.rewriter.verify.image import Image
from dfix.rewriter.verify.proof import Proof
from dfix.rewriter.verify.proof_markdown import markdown
from dfix.rewriter.verify.saved import LayerCache, read_files, read_saved
from dfix.rewriter.verify.twice_text import twice_text
from dfix.rewriter.verify.varying import MadeBy, Twice, compare_builds
from tests.report.results import result
from tests.verify.archives import Member, file, folder, hard_link, link, oci, tar
from tests.verify.conftest import Verify
from tests.verify.test_document import SCHEMA

BASE = tar(file("etc/os-release", b"Debian", mtime=5))
MADE_BY = MadeBy({1: Origin(3, "RUN make")}, ("~/.npm", "/var/cache/apt"))


def image(*members: Member, created: str = "then", **config: object) -> bytes:
    return oci(BASE, tar(*members), config={"created": created, **config})


def compared(first: bytes, second: bytes, epoch: int | None = None) -> Twice:
    def contents(paths: Collection[str]) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
        return read_files(io.BytesIO(first), paths), read_files(io.BytesIO(second), paths)

    seen = LayerCache(exact=True)
    images: list[Image] = [read_saved(io.BytesIO(one), seen) for one in (first, second)]
    return compare_builds(images[0], images[1], MADE_BY, epoch, contents)


def kinds(first: list[Member], second: list[Member], epoch: int | None = None) -> dict[str, str]:
    found = compared(image(*first), image(*second), epoch)
    assert all(one.origin == Origin(3, "RUN make") for one in found.varying)
    return {one.path: one.kind for one in found.varying}


def test_the_same_archive_has_the_same_digest() -> None:
    found = compared(image(file("a", b"1", mtime=9)), image(file("a", b"1", mtime=9)))
    assert (found.level, found.varying) == ("digest", ())


def test_times_count_unless_they_are_later_than_source_date_epoch() -> None:
    first, second = (
        [file("a", b"1", mtime=100), folder("d", mtime=90)],
        [file("a", b"1", mtime=200), folder("d", mtime=90)],
    )
    assert kinds(first, second) == {"/a": "time"}
    assert kinds(first, second, epoch=150) == {"/a": "time"}
    found = compared(image(*first), image(*second), epoch=100)
    assert (found.level, found.same_digest, found.same_config, found.varying) == ("files", False, True, ())


def test_a_time_in_the_configuration_is_told_apart() -> None:
    found = compared(image(file("a"), created="then"), image(file("a"), created="now"), epoch=0)
    assert (found.level, found.same_config) == ("files", False)


@pytest.mark.parametrize(
    ("path", "first", "second", "kind"),
    [
        ("var/log/dpkg.log", b"at 1", b"at two", "log"),
        ("var/log/app/x", b"at 1", b"at two", "log"),
        ("srv/build.log", b"at 1", b"at two", "log"),
        ("root/.npm/x", b"a", b"b", "cache"),
        ("var/cache/ldconfig/aux-cache", b"a", b"b", "cache"),
        ("usr/lib/a/__pycache__/a.pyc", b"a", b"b", "bytecode"),
        ("etc/shadow", b"root:*:1:", b"root:*:2:", "time"),
        ("srv/version", b"built 2026-11-30 10:00", b"built 2026-11-30 10:07", "time"),
        ("srv/binary", b"\0built 2026", b"\0built 2027", "other"),
        ("srv/list", b"a\nb\n", b"b\na\n", "order"),
        ("srv/id", b"xyz", b"zzz", "other"),
    ],
)
def test_the_kind_of_a_content(path: str, first: bytes, second: bytes, kind: str) -> None:
    assert kinds([file(path, first)], [file(path, second)]) == {f"/{path}": kind}


def test_what_is_blanked_for_two_versions_of_a_file_counts_here() -> None:
    """A .pyc with the time of its source is the same to `dfix verify`, and is not the same file."""
    head = b"\xa7\x0d\r\n" + bytes(4)
    path = "usr/lib/python3/dist-packages/a.pyc"
    assert kinds([file(path, head + b"1234code")], [file(path, head + b"5678code")]) == {f"/{path}": "bytecode"}


def test_presence_modes_links_and_removals() -> None:
    first = [file("a", mode=0o600), file("tmp/x1"), hard_link("h", "a"), link("l", "a"), file(".wh.old")]
    second = [file("a", mode=0o644), file("tmp/x2"), file("h"), link("l", "b"), file(".wh.older")]
    found = compared(image(*first), image(*second))
    assert {one.path: one.what for one in found.varying} == {
        "/a": "mode 0644, was 0600",
        "/h": "linked to another file",
        "/l": "links to b, was a",
        "/tmp/x1": "only in the first build",
        "/tmp/x2": "only in the second build",
        "/old": "removed only in the first build",
        "/older": "removed only in the second build",
    }


def test_a_file_that_a_later_layer_removes_counts() -> None:
    """The layer below has another digest, though no container sees the file."""
    later = tar(file("tmp/.wh.x"))
    found = compared(oci(BASE, tar(file("tmp/x", b"1")), later), oci(BASE, tar(file("tmp/x", b"2")), later))
    assert [one.path for one in found.varying] == ["/tmp/x"]


def test_the_order_of_a_layers_members_counts() -> None:
    found = compared(image(file("a"), file("b")), image(file("b"), file("a")))
    assert [(one.path, one.kind) for one in found.varying] == [("layer 2", "order")]


def test_settings_and_the_number_of_layers() -> None:
    found = compared(image(config={"User": "a"}), image(config={"User": "b"}))
    assert [(one.path, one.what, one.origin) for one in found.varying] == [("config User", 'is "b", was "a"', None)]
    assert [one.path for one in compared(oci(BASE), oci(BASE, tar(file("b")))).varying] == ["config layers"]


def test_where_the_time_comes_from() -> None:
    tree = parse(Source("Dockerfile", "ARG SOURCE_DATE_EPOCH=7\nFROM a\nARG SOURCE_DATE_EPOCH=8\n"))
    assert epoch_of((), {}, tree) == 7
    assert epoch_of((), {"SOURCE_DATE_EPOCH": "9"}, tree) == 9
    assert epoch_of(("SOURCE_DATE_EPOCH=10",), {"SOURCE_DATE_EPOCH": "9"}, tree) == 10
    assert epoch_of(("SOURCE_DATE_EPOCH",), {"SOURCE_DATE_EPOCH": "9"}, tree) == 9
    for text in ("FROM a\nARG SOURCE_DATE_EPOCH=8\n", "ARG SOURCE_DATE_EPOCH=context\nFROM a\n", "FROM a\n"):
        assert epoch_of((), {"SOURCE_DATE_EPOCH": ""}, parse(Source("Dockerfile", text))) is None


def proof(twice: Twice) -> Proof:
    same = result(b"FROM a\n", b"FROM a\n", path="app/Dockerfile")
    return Proof("reproducible" if twice.level else "varies", same, same, twice=twice)


def said(twice: Twice, *, verbose: bool = False) -> str:
    stream = io.BytesIO()
    twice_text(Output(stream, colour=False), "Dockerfile", twice, verbose=verbose)
    return stream.getvalue().decode()


def test_what_is_printed() -> None:
    first = [file("var/log/dpkg.log", b"a"), *(file(f"n/{number}", b"", mtime=1) for number in range(9))]
    second = [file("var/log/dpkg.log", b"b"), *(file(f"n/{number}", b"", mtime=2) for number in range(9))]
    twice = compared(image(*first), image(*second))
    assert said(twice) == (
        "Dockerfile: not the same twice: 10 paths differ\n"
        "  on line 3 (RUN make):\n"
        "    logs: 1 path. dpkg logs the time of each event.\n"
        "      /var/log/dpkg.log content differs (1 bytes, as before)\n"
        "    times: 9 paths. The engine keeps the time at which something is written.\n"
        "  SOURCE_DATE_EPOCH is not set, so that each file has the time at which it was written. Set it, as in\n"
        "    SOURCE_DATE_EPOCH=$(git log -1 --pretty=%ct) dfix verify --reproducible Dockerfile\n\n"
    )
    assert "/n/8 has another time\n" in said(twice, verbose=True)
    assert "rewrite-timestamp=true" in said(
        compared(image(*first), image(*first, created="then"), 3)._replace(same_digest=False)
    )


def test_json_and_markdown() -> None:
    varies = proof(compared(image(file("a", b"<b>")), image(file("a", b"c"))))
    same = proof(compared(image(file("a")), image(file("a"))))
    found = json.loads(document([varies, same], "docker", None))
    jsonschema.validate(found, SCHEMA)
    assert [row["twice"]["same"] for row in found["files"]] == ["", "digest"]
    assert found["files"][0]["twice"]["differences"] == [
        {
            "path": "/a",
            "what": "content differs (1 bytes, was 3)",
            "kind": "other",
            "reason": "",
            "origin": {"line": 3, "text": "RUN make"},
        }
    ]
    text = markdown([varies, same], None)
    assert "### dfix verify: 1 Dockerfile not the same when built twice\n" in text
    assert "**not the same twice: 1 path differs**" in text
    assert "| the same digest twice |" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--base", "main"), "Leave out --base"),
        (("--head", "main"), "Leave out --head"),
        (("--against", "x"), "Leave out --against"),
        (("--write",), "Leave out --write"),
        (("--smoke", "true"), "Leave out --smoke"),
        (("--unsafe",), "Leave out --unsafe"),
        (("--scan",), "Leave out --scan"),
        (("--select", "clean-up"), "Leave out --select"),
        (("--ignore", "clean-up"), "Leave out --ignore"),
        (("--set", "SOURCE_DATE_EPOCH=today"), "SOURCE_DATE_EPOCH is 'today', which is not a number of seconds"),
    ],
)
def test_what_cannot_be_combined(capfd: pytest.CaptureFixture[str], words: tuple[str, ...], message: str) -> None:
    from dfix.rewriter.cli.main import run

    assert run(["verify", "--reproducible", ".", *words]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert message in line


def test_a_real_build(verify: Verify, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\nRUN echo a > /a\nRUN cat /proc/sys/kernel/random/uuid > /id\n")
    answer = verify("--reproducible", "--set", "SOURCE_DATE_EPOCH=1000", "--output-format=json", str(tmp_path))
    assert answer.status == 1
    (file_,) = json.loads(answer.out)["files"]
    (one,) = file_["twice"]["differences"]
    assert (one["path"], one["kind"], one["origin"]["line"]) == ("/id", "other", 3)

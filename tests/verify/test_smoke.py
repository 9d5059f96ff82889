"""Another image must still run: what breaks at run time is caught, and by what is seen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from tests.build_context import put
from tests.engine.fixture import Engine
from tests.verify.conftest import Verify

_PROGRAM = "FROM debian:bookworm-slim AS build\nRUN cp /bin/ls /app\n"
_LISTS = 'CMD ["/app", "/etc/hostname"]\n'


class Wrong(NamedTuple):
    """A rewrite that builds and does not run as before; `seen` are parts of what must be said."""

    name: str
    before: str
    after: str
    seen: tuple[str, ...]
    files: Mapping[str, str] = MappingProxyType({})
    words: tuple[str, ...] = ()


WRONG = (
    Wrong(
        "missing library",
        _PROGRAM + _LISTS,
        _PROGRAM + "FROM debian:bookworm-slim\nCOPY --from=build /app /app\n"
        "RUN rm /lib/x86_64-linux-gnu/libselinux.so.1\n" + _LISTS,
        ("run libraries libselinux.so.1 is missing", "run exit exits 127, before exits 0"),
    ),
    Wrong(
        "missing user",
        "FROM busybox\nRUN echo web:x:1000:1000::/:/bin/sh >> /etc/passwd\nUSER web\nCMD id -u\n",
        "FROM busybox\nUSER web\nCMD id -u\n",
        ("run exit exits 125, before exits 0", "unable to find user web"),
    ),
    Wrong(
        "missing template folder",
        "FROM busybox\nWORKDIR /app\nCOPY . .\nCMD cat templates/page\n",
        "FROM busybox\nWORKDIR /app\nCMD cat templates/page\n",
        ("run exit exits 1, before exits 0", "can't open 'templates/page'"),
        {"templates/page": "<p>\n"},
    ),
    Wrong(
        "other libc",
        _PROGRAM + _LISTS,
        _PROGRAM + "FROM busybox\nCOPY --from=build /app /app\n" + _LISTS,
        ("no such file or directory", "before exits 0", "run libraries libc.so.6 is needed, but the image has no ldd"),
    ),
    Wrong(
        "lost ENV",
        "FROM busybox\nENV GREETING=hello\nCMD echo $GREETING\n",
        "FROM busybox\nCMD echo $GREETING\n",
        ("config Env GREETING is not set, was", "run output differs, before `hello`"),
    ),
    Wrong(
        "another answer of a port",
        "FROM busybox\nEXPOSE 18111\nWORKDIR /www\nCOPY a index.html\nCMD httpd -f -p 18111\n",
        "FROM busybox\nEXPOSE 18111\nWORKDIR /www\nCOPY b index.html\nCMD httpd -f -p 18111\n",
        ("run port 18111 answers differently",),
        {"a": "one\n", "b": "two\n"},
    ),
    Wrong(
        "a port that nobody answers",
        "FROM busybox\nEXPOSE 18112\nCMD httpd -f -p 18112\n",
        "FROM busybox\nEXPOSE 18112\nCMD true\n",
        ("run port 18112 does not answer", "run exit exits 0, before still runs"),
    ),
    Wrong(
        "a health check that does not pass",
        "FROM busybox\nRUN touch /well\nHEALTHCHECK CMD test -e /well\nCMD sleep 60\n",
        "FROM busybox\nHEALTHCHECK CMD test -e /well\nCMD sleep 60\n",
        ("run health HEALTHCHECK does not pass",),
    ),
    Wrong(
        "a command of one's own",
        "FROM busybox\nRUN echo 1 > /version\n",
        "FROM busybox\nRUN echo 2 > /version\n",
        ("run output differs, before `1`",),
        words=("--smoke", "cat /version"),
    ),
)


def proof(verify: Verify, folder: Path, before: str, after: str, *words: str) -> tuple[int, dict[str, Any], str]:
    (folder / "Dockerfile").write_text(before)
    (folder / "Dockerfile.new").write_text(after)
    status, out, err = verify(
        str(folder / "Dockerfile"),
        "--against",
        str(folder / "Dockerfile.new"),
        "--unsafe",
        "--no-measure",
        "--output-format=json",
        *words,
    )
    (file,) = json.loads(out)["files"]
    return status, file, err


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_what_no_longer_runs_is_caught(engine: Engine, verify: Verify, tmp_path: Path, wrong: Wrong) -> None:
    engine.bases("debian")
    put(tmp_path, wrong.files)
    status, file, err = proof(verify, tmp_path, wrong.before, wrong.after, *wrong.words)
    assert (status, file["verdict"]) == (1, "broken"), err
    (blame,) = file["broken"]
    said = "\n".join(f"{difference['path']} {difference['what']}" for difference in blame["differences"])
    assert [part for part in wrong.seen if part not in said] == [], said


def test_another_image_that_runs_as_before_is_proven(engine: Engine, verify: Verify, tmp_path: Path) -> None:
    """Less in the image, variables of the old base gone, and a word that differs in every run."""
    engine.bases("debian")
    before = (
        "FROM debian:bookworm-slim\nENV A=1\nRUN cp /bin/ls /app\nCMD /app /etc/hostname; date +%s%N; exit $((A - 1))\n"
    )
    after = before.replace("CMD", "RUN rm -r /usr/share\nCMD")
    status, file, err = proof(verify, tmp_path, before, after)
    assert (status, file["verdict"], file["ran"]) == (0, "proven", "its command exits 0 with the same output"), err
    assert any(difference["path"] == "/usr/share" for difference in file["differences"])


def test_two_images_that_both_fail_show_nothing(verify: Verify, tmp_path: Path) -> None:
    before = "FROM busybox\nRUN touch /needed\nCMD cat /absent\n"
    after = before.replace("RUN touch /needed\n", "")
    status, file, err = proof(verify, tmp_path, before, after)
    assert (status, file["verdict"], err) == (2, "unshown", "1 Dockerfile: 1 not shown\n")
    assert file["message"] == (
        "the image's command exits 1 in both images, which shows nothing about what they lack. "
        "Name a command that works with --smoke"
    )
    assert proof(verify, tmp_path, before, after, "--smoke", "ls /absent")[1]["verdict"] == "unshown"
    assert proof(verify, tmp_path, before, after, "--smoke", "ls /etc")[1]["verdict"] == "proven"
    assert proof(verify, tmp_path, before, after, "--smoke", "ls /needed")[1]["verdict"] == "broken"


def test_settings_that_differ_are_told_even_where_it_runs(verify: Verify, tmp_path: Path) -> None:
    before = "FROM busybox\nLABEL team=web\nEXPOSE 1\nCMD true\n"
    status, file, _ = proof(verify, tmp_path, before, "FROM busybox\nCMD true\n")
    assert status == 1
    (blame,) = file["broken"]
    assert [difference["path"] for difference in blame["differences"]] == ["config ExposedPorts", "config Labels team"]


def test_a_command_that_is_no_command_is_told(verify: Verify, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM busybox\n")
    answer = verify(str(tmp_path / "Dockerfile"), "--smoke", "a 'b")
    assert answer.status == 2
    assert "--smoke" in answer.err and "No closing quotation" in answer.err

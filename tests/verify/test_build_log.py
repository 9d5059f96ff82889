"""What `--set` and `--secret` pass to a build is in no log, message or report, and logs are their owner's alone."""

from __future__ import annotations

import base64
import io
import json
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.verify_request import VerifyRequest, fault
from dfix.rewriter.measured.records import Took, keep
from dfix.rewriter.report.output import Output
from dfix.rewriter.verify import strays
from dfix.rewriter.verify.build_log import MASK, mask_of, masked, open_log
from dfix.rewriter.verify.compare import Difference
from dfix.rewriter.verify.containers import Containers
from dfix.rewriter.verify.engine import BuildOptions, EngineError
from dfix.rewriter.verify.engines.plain import PlainRecord
from dfix.rewriter.verify.engines.record import Record
from dfix.rewriter.verify.process import Processes
from tests.engine.fixture import Engine
from tests.verify.test_bad_input import started, written


def test_only_the_owner_reads_a_log(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_log(str(tmp_path / "log")) as log:
            log.write("said\udcff\n")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600


def test_values(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("-----BEGIN-----\nabc1def2\n-----END-----\n")
    (tmp_path / "named").write_text("by-its-id\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FROM_ENV", "env-value")
    monkeypatch.setenv("OTHER", "other-value")
    args = ("TOK=sekret-arg", "FROM_ENV", "VERSION=3.1", "EMPTY=", "UNSET", 'QUOTED=a"b\\c', "A=b=long=value")
    secrets = ("id=t,src=key", "id=x,env=OTHER", "id=named", "id=y,source=missing", "type=file,id=OTHER", "broken")
    mask = mask_of(BuildOptions(args=args, secrets=secrets))
    for text in ("sekret-arg", "env-value", "other-value", "abc1def2", "by-its-id", 'a"b\\c', "b=long=value"):
        assert mask(f"x{text}y") == f"x{MASK}y"
    assert mask(json.dumps('a"b\\c')) == f'"{MASK}"'
    assert mask("version 3.1, EMPTY UNSET TOK") == "version 3.1, EMPTY UNSET TOK"


def test_the_longest_value_goes_first() -> None:
    assert mask_of(BuildOptions(args=("A=abcd", "B=abcdefgh")))("abcdefgh") == MASK


def test_records_of_builds() -> None:
    log, told = io.StringIO(), list[str]()
    mask = mask_of(BuildOptions(args=("TOK=sekret-arg",)))
    record = Record(log, told.append, mask)
    name = "[2/2] RUN |1 TOK=sekret-arg echo sekret-arg && false"
    error = f'process "{name}" did not complete successfully: exit code: 1'
    vertex = {"digest": "d", "name": name, "started": "1", "completed": "2", "error": error}
    said = base64.b64encode(b"it is sekret-arg\n").decode()
    for item in ({"logs": [{"vertex": "d", "data": said}]}, {"vertexes": [vertex]}):
        record.take(json.dumps(item).encode() + b"\n")
    record.take(b"ERROR: sekret-arg\n")
    record.close()
    assert record.error() == "`RUN |1 TOK=*** echo *** && false`: exit code 1, last said: it is ***"
    assert [step.name for step in record.steps()] == told == [name.replace("sekret-arg", MASK)]
    assert "sekret-arg" not in log.getvalue()


def test_records_of_builds_without_buildkit() -> None:
    log, told = io.StringIO(), list[str]()
    record = PlainRecord(log, told.append, mask_of(BuildOptions(args=("TOK=sekret-arg",))))
    record.take(b'STEP 2/2: RUN echo sekret-arg\nsekret-arg\nError: building at STEP "RUN echo sekret-arg": exit 1\n')
    record.close()
    assert record.error() == "`RUN echo ***`: exit 1, last said: ***"
    assert "sekret-arg" not in log.getvalue() + "".join(told)


def test_records_within_records() -> None:
    mask = mask_of(BuildOptions(args=("TOK=sekret-arg",)))
    found = (Difference("env TOK", "was sekret-arg", 3, "config"), None, 7, (("sekret-arg",),))
    assert masked(found, mask) == (Difference("env TOK", f"was {MASK}", 3, "config"), None, 7, ((MASK,),))
    assert masked(found, mask, (Difference,))[0] == found[0]


def test_a_wrong_argument_is_not_repeated() -> None:
    request = VerifyRequest(Request(paths=("x",)), BuildOptions(args=("1TOK=sekret-arg",)))
    assert fault(request) == "--set takes KEY=VALUE, not `1TOK=…`"


class Commands(Processes):
    """Notes commands instead of running them."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said
        self.commands: list[list[str]] = []

    def run(self, command: Any, timeout: float, take: Callable[[bytes], None], **how: Any) -> int:
        self.commands.append([*command])
        take(self.said.encode())
        return 1


@pytest.mark.parametrize(
    ("network", "published"),
    [("", ["--publish=127.0.0.1::80", "--publish=127.0.0.1::8080"]), ("host", []), ("none", [])],
)
def test_ports_are_open_for_this_machine_alone(network: str, published: list[str]) -> None:
    processes = Commands("said sekret-arg")
    options = BuildOptions(args=("TOK=sekret-arg",), network=network)
    ran = Containers("docker", processes, "label", options).serve("image", (80, 8080), checked=False, limit=1)
    assert ran.output == f"said {MASK}"
    assert [word for word in processes.commands[0] if word.startswith(("--publish", "-p"))] == published


def test_clean_removes_kept_logs_and_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def absent(*_arguments: object) -> None:
        raise EngineError("absent")

    monkeypatch.setattr(strays, "find", absent)
    for name in ("dfix-verify-log-0a-file0-before.log", "dfix-verify-log-0b-file1-after.log"):
        (tmp_path / name).write_text("said")
    kept = [tmp_path / "dfix-verify-log-0a", tmp_path / "my.log", tmp_path / "other-dfix-verify-log-0a-x.log"]
    for path in kept:
        path.write_text("mine")
    (tmp_path / "dfix-verify-log-link.log").symlink_to("my.log")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
    keep("Dockerfile", {"a": Took(1.0, None)})
    out = io.BytesIO()
    assert strays.remove_strays("", Processes(), Output(out, colour=False)) == 0
    said = "1 record of measured steps, 0 images, 0 temporary folders and 2 build logs removed\n"
    assert out.getvalue().decode().endswith(said)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [path.name for path in kept] + ["dfix-verify-log-link.log"]
    )


def test_a_failed_build_shows_no_value(engine: Engine, tmp_path: Path) -> None:
    engine.bases("busybox")
    own_tmp = tmp_path / "tmp"
    own_tmp.mkdir()
    (tmp_path / "s.txt").write_text("hunter2-secret\n")
    text = (
        "FROM busybox\nARG TOK\nRUN mkdir /a\nRUN mkdir /b\n"
        'RUN --mount=type=secret,id=t echo "got $TOK $(cat /run/secrets/t)" && false\n'
    )
    words = (
        "--output-format=json",
        "--set=TOK=sekret-arg",
        f"--secret=id=t,src={tmp_path}/s.txt",
        written(tmp_path, text),
    )
    process = started(engine, own_tmp, *words)
    out, said = process.communicate(timeout=300)
    (record,) = json.loads(out)["files"]
    log = Path(record["log"])
    assert record["verdict"] == "unbuilt"
    assert f"got {MASK} {MASK}" in record["message"]
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    for shown in (out, said, log.read_text()):
        assert "sekret-arg" not in shown
        assert "hunter2-secret" not in shown
    assert f"got {MASK} {MASK}" in log.read_text()
    cleaning = started(engine, own_tmp, "--clean")
    out, _ = cleaning.communicate(timeout=300)
    assert out.endswith("1 build log removed\n")
    assert not log.exists()

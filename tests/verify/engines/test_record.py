from __future__ import annotations

import base64
import io
import json

from dfix.rewriter.verify.engine import BuildStep
from dfix.rewriter.verify.engines.record import Record

START, END = "2026-01-01T00:00:0{}.0Z", "2026-01-01T00:00:09.0Z"


def vertex(digest: str, name: str, at: int, **more: object) -> dict[str, object]:
    return {"digest": digest, "name": name, "started": START.format(at), "completed": END, **more}


def output(digest: str, text: str) -> dict[str, object]:
    return {"logs": [{"vertex": digest, "data": base64.b64encode(text.encode()).decode()}]}


def read(*parts: object, indent: int | None = None) -> tuple[Record, list[str], str]:
    log, told = io.StringIO(), list[str]()
    record = Record(log, told.append)
    text = "".join(part if isinstance(part, str) else json.dumps(part, indent=indent) + "\n" for part in parts)
    for at in range(0, len(text), 11):
        record.take(text[at : at + 11].encode())
    record.close()
    return record, told, log.getvalue()


BUILD = (
    {"vertexes": [vertex("a", "[internal] load build definition from D", 1)]},
    {"vertexes": [vertex("c", "[3/3] RUN b", 4), vertex("b", "[stage-0 2/3] COPY . .", 3, cached=True)]},
    {"vertexes": [vertex("d", "[1/3] FROM docker.io/library/x", 2), vertex("e", "exporting to image", 5)]},
    {"vertexes": [{"digest": "f", "name": "[two 2/2] RUN never"}]},
)


def test_steps_in_the_order_in_which_they_began_without_from_and_what_never_ran() -> None:
    expected = (BuildStep("[stage-0 2/3] COPY . .", True, 6.0), BuildStep("[3/3] RUN b", False, 5.0))
    assert read(*BUILD)[0].steps() == expected
    assert read(*BUILD, indent=2)[0].steps() == expected, "pretty-printed as some clients do"


def test_each_step_is_told_once_when_it_starts() -> None:
    started = {"digest": "a", "name": "[2/2] RUN  a\n  b", "started": START.format(1)}
    _, told, log = read({"vertexes": [started]}, {"vertexes": [{**started, "completed": END}]})
    assert told == ["[2/2] RUN a b"]
    assert log == "[2/2] RUN  a\n  b\n"


def test_a_step_that_fails_is_told_with_what_it_said_last() -> None:
    process = 'process "/bin/sh -c npm ci" did not complete successfully: exit code: 7'
    record, _, log = read(
        {"vertexes": [{"digest": "a", "name": "[2/2] RUN npm ci", "started": START.format(1)}]},
        output("a", "one\ntwo\n"),
        output("b", "of another\n"),
        {"vertexes": [vertex("a", "[2/2] RUN npm ci", 1, error=process)]},
        "ERROR: failed to solve: something\n",
    )
    assert record.error() == "`RUN npm ci`: exit code 7, last said: two"
    assert "one\ntwo\n" in log
    assert "ERROR: failed to solve: something\n" in log


def test_what_programs_say_at_their_end_is_no_last_word() -> None:
    process = 'process "/bin/sh -c npm ci" did not complete successfully: exit code: 1'
    log = "A complete log of this run can be found in:"
    for said in (
        f"npm error not ok\nnpm error {log} /root/.npm/_logs/x-debug-0.log\n",
        "npm error not ok\n\n[notice] A new release of pip is available: 1 -> 2\n[notice] To update, run: pip install --upgrade pip\n",
        "npm error not ok\n│ exit code: 1\n╰─> See above for output.\n\nnote: This error originates from a subprocess, and is likely not a problem with pip.\n",
        "npm error not ok\n      [end of output]\nhint: See above for details.\n",
        f"npm error not ok\nnpm ERR!\nnpm ERR! {log}\nnpm ERR!     /root/.npm/_logs/x-debug-0.log\n",
    ):
        record, _, _ = read(output("a", said), {"vertexes": [vertex("a", "[2/2] RUN npm ci", 1, error=process)]})
        assert record.error() == "`RUN npm ci`: exit code 1, last said: npm error not ok"


def test_steps_that_were_only_cancelled_are_not_to_blame() -> None:
    record, _, _ = read(
        {"vertexes": [vertex("a", "[2/2] RUN long", 1, error="context canceled: context canceled")]},
        {"vertexes": [vertex("b", "[two 2/2] COPY x y", 1, error='"/x": not found')]},
    )
    assert record.error() == '`COPY x y`: "/x": not found'
    assert record.failed() == "[two 2/2] COPY x y"
    assert read(*BUILD)[0].failed() == ""


def test_where_the_engine_keeps_the_files_of_a_stage_is_left_out() -> None:
    place = "/var/lib/docker/tmp/buildkit-mount123/w/target"
    error = (
        f"failed to calculate checksum of ref a-b::c: failed to walk {place}: lstat {place}: no such file or directory"
    )
    record, _, _ = read({"vertexes": [vertex("a", "[two 2/2] COPY --from=one /w/target y", 1, error=error)]})
    expected = "failed to walk /w/target: lstat /w/target: no such file or directory"
    assert record.error() == f"`COPY --from=one /w/target y`: {expected}"


def test_a_base_image_that_cannot_be_had_is_told_as_such() -> None:
    record, _, _ = read({"vertexes": [vertex("a", "[internal] load metadata for docker.io/a/b:c", 1, error="denied")]})
    assert record.error() == "`FROM docker.io/a/b:c`: denied"


def test_what_the_client_says_itself() -> None:
    record, _, _ = read("D:1\n", "ERROR: failed to build: failed to solve: base name (${X}) should not be blank\n")
    assert record.error() == "base name (${X}) should not be blank"
    assert read("no such plugin\n")[0].error() == "no such plugin"
    assert read()[0].error() == ""
    assert read("{ this is no JSON }\n")[0].error() == "{ this is no JSON }"

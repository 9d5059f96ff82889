from __future__ import annotations

import io

from dfix.rewriter.verify.engine import BuildStep
from dfix.rewriter.verify.engines.plain import PlainRecord

STAGES = """\
[1/2] STEP 1/3: FROM localhost/busybox AS one
[1/2] STEP 2/3: RUN mkdir /a
--> Using cache 7631fe70733e3614ce5dc0313048144e34c5dc1532f9893932a5660a647e72fd
--> 7631fe70733
[1/2] STEP 3/3: COPY x /x
--> b2a139cfb36
[2/2] STEP 1/3: FROM debian:12
[2/2] STEP 2/3: RUN echo hi
hi
--> 63e1d2c748c
[2/2] STEP 3/3: LABEL "dfix.verify"="host:/tmp/z"
[2/2] COMMIT dfix:1
--> 37ea5f1e71f
Successfully tagged localhost/dfix:1
37ea5f1e71fc16d6418c6028b0589756503552ed6eb2527e43c172ea34a66f93
"""


def read(text: str) -> tuple[PlainRecord, list[str], str]:
    log, told = io.StringIO(), list[str]()
    record = PlainRecord(log, told.append)
    for at in range(0, len(text), 7):
        record.take(text[at : at + 7].encode())
    record.close()
    return record, told, log.getvalue()


def test_steps_and_what_came_from_the_cache() -> None:
    record, told, log = read(STAGES)
    assert record.steps() == (
        BuildStep("[1/2 2] RUN mkdir /a", True),
        BuildStep("[1/2 3] COPY x /x", False),
        BuildStep("[2/2 2] RUN echo hi", False),
    )
    assert told[:2] == ["[1/2] FROM localhost/busybox AS one", "[1/2] RUN mkdir /a"]
    assert record.bases == {"localhost/busybox", "debian:12"}
    assert "b2a139cfb36" in record.images
    assert record.error() == ""
    assert log == STAGES


def test_one_stage_has_no_number() -> None:
    record, _, _ = read("STEP 1/2: FROM a\nSTEP 2/2: RUN b\n--> abcdef012\n")
    assert record.steps() == (BuildStep("[ 2] RUN b", False),)


def test_an_error_names_the_step_and_the_last_output() -> None:
    record, _, _ = read(
        "STEP 1/2: FROM a\nSTEP 2/2: RUN echo oops; exit 3\noops\nsubprocess exited with status 3\n"
        'Error: building at STEP "RUN echo oops; exit 3": exit status 3\n'
    )
    assert record.error() == "`RUN echo oops; exit 3`: exit status 3, last said: oops"


def test_an_error_without_a_step() -> None:
    record, _, _ = read("Error: no such file: D")
    assert record.error() == "no such file: D"

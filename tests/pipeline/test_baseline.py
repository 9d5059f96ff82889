"""A baseline leaves out what it has on record, and nothing else."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline.baseline import digest
from dfix.rewriter.pipeline.options import Options, RecordedChange
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source

PLAIN = Options()
FROM = "FROM debian:12\n"
APT = "RUN apt-get update && apt-get install -y curl\n"
CLEAN = "RUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
PIP = "RUN pip install flask\n"
USERS = "RUN useradd a\nRUN useradd b\n"
MERGED = "RUN useradd a \\\n    && useradd b\n"


def recorded(text: str, options: Options = PLAIN) -> tuple[RecordedChange, ...]:
    result = run(Source("Dockerfile", text), options._replace(record=True))
    assert not result.changed
    assert result.changes == ()
    return result.findings


def later(before: str, text: str, options: Options = PLAIN) -> Result:
    return run(Source("Dockerfile", text), options._replace(baseline=recorded(before, options)))


@pytest.mark.parametrize("text", [FROM + APT, FROM + USERS + APT, FROM + APT + "ENV A=1\n" + APT + PIP, FROM + CLEAN])
def test_nothing_is_left_of_today(text: str) -> None:
    result = later(text, text)
    assert not result.changed
    assert result.gone == 0
    assert result.findings == recorded(text)


@pytest.mark.parametrize(
    "text",
    [
        "# new\n\nFROM debian:13\nWORKDIR /srv\n" + APT,
        FROM + "  " + APT,
        FROM + "# why\nRUN apt-get update \\\n  # list\n\n   && apt-get install -y curl\n",
        (FROM + APT).replace("\n", "\r\n"),
        FROM + APT.rstrip("\n"),
        "# escape=`\n" + FROM + "RUN apt-get update `\n && apt-get install -y curl\n",
    ],
)
def test_layout_and_surroundings_make_no_difference(text: str) -> None:
    result = later(FROM + APT, text)
    assert not result.changed
    assert result.gone == 0


@pytest.mark.parametrize(
    ("before", "text", "after", "gone"),
    [
        # an edit of the instruction
        (FROM + APT, FROM + APT.replace("curl", "wget"), FROM + CLEAN.replace("curl", "wget"), 1),
        (FROM + APT, FROM + APT.replace("-y curl", "-y  curl"), FROM + CLEAN.replace("-y curl", "-y  curl"), 1),
        # another rule's finding, a new place, one more of the same
        (FROM + APT, FROM + APT + USERS, FROM + APT + MERGED, 0),
        (FROM + APT, FROM + APT + PIP, FROM + APT + "RUN pip install --no-cache-dir flask\n", 0),
        (FROM + APT, FROM + APT + "ENV A=1\n" + APT, FROM + APT + "ENV A=1\n" + CLEAN, 0),
        # what is gone is counted, also where something else is changed
        (FROM + APT + "ENV A=1\n" + APT, FROM + APT, FROM + APT, 1),
        (FROM + APT + USERS, FROM + CLEAN + USERS, FROM + CLEAN + USERS, 1),
        (FROM + APT, FROM + USERS, FROM + MERGED, 1),
    ],
)
def test_what_is_new(before: str, text: str, after: str, gone: int) -> None:
    result = later(before, text)
    assert result.problem is None
    assert result.after.text == after
    assert result.gone == gone
    again = later(before, after)
    assert not again.changed


def test_a_change_that_dfix_makes_of_the_instruction_brings_its_finding_back() -> None:
    """Else the next run would have it, and `--check` would fail after `--write`."""
    before = FROM + "RUN mkdir /a\n" + APT
    options = Options(baseline=recorded(before))
    text = FROM + "RUN mkdir /a && mkdir /b\nRUN mkdir /c\n" + APT
    result = run(Source("Dockerfile", text), options)
    assert result.changed
    assert not run(result.after, options).changed


def test_what_only_unsafe_would_change_is_not_recorded_without_it() -> None:
    text = "FROM debian:12\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n"
    unsafe = Options(unsafe=True)
    assert recorded(text) == ()
    assert {finding.rule for finding in recorded(text, unsafe)} == {"slim-base"}
    # recorded with it, it is neither gone without, nor offered
    result = run(Source("Dockerfile", text), Options(baseline=recorded(text, unsafe)))
    assert (result.refusals, result.gone) == ((), 0)


def test_rules_that_do_not_run_have_nothing_gone() -> None:
    findings = recorded(FROM + APT)
    options = Options(baseline=findings, select=frozenset({"merge-runs"}))
    assert run(Source("Dockerfile", FROM), options).gone == 0


def test_a_file_left_alone_as_a_whole_has_nothing_gone() -> None:
    assert later(FROM + APT, FROM + "# dfix: ignore-file\n").gone == 0


def test_heredocs_belong_to_the_instruction() -> None:
    one, two, crlf = (
        digest(parse(Source("", text)).instructions[0])
        for text in ("RUN <<E\na\n b\nE\n", "RUN <<E\na\nb\nE\n", "RUN <<E\r\na\r\n b\r\nE\r\n")
    )
    assert one != two
    assert one == crlf


def test_bytes_that_are_not_utf_8_have_a_digest() -> None:
    instructions = parse(Source.from_bytes("", b"RUN a\xff\nRUN a\xfe\n")).instructions
    assert len({digest(node) for node in instructions}) == 2


def test_every_example_of_a_rule_is_left_out() -> None:
    count = 0
    for rule in transforms():
        options = Options(select=frozenset({rule.NAME}), unsafe=True, use_context=False)
        for example in rule.EXAMPLES:
            result = later(example.before, example.before, options)
            assert (result.problem, result.changed, result.gone) == (None, False, 0), example.name
            count += len(result.findings)
    assert count > 20

"""Hunks: replacing their lines in the old text gives the new one."""

from __future__ import annotations

import pytest

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.report.hunks import Hunk, hunks, lines_of
from dfix.rewriter.text.source import Region, Source, Span
from tests.report.results import result
from tests.report.test_diff import TEXTS


@pytest.mark.parametrize("case", TEXTS)
def test_they_lead_from_the_one_text_to_the_other(case: str) -> None:
    found = result(*TEXTS[case])
    lines = lines_of(found.before.text)
    for hunk in reversed(hunks(found)):
        assert lines[hunk.line - 1 : hunk.line - 1 + len(hunk.old)] == list(hunk.old)
        lines[hunk.line - 1 : hunk.line - 1 + len(hunk.old)] = hunk.new
    assert "".join(lines) == found.after.text


def test_lines_of_both_texts() -> None:
    found = result(b"FROM a\nRUN b\nRUN c\nRUN d\n", b"FROM a\nRUN x\nRUN b\nRUN c\nRUN e\n")
    assert hunks(found) == [Hunk(2, (), 2, ("RUN x\n",)), Hunk(4, ("RUN d\n",), 5, ("RUN e\n",))]


def test_of_two_like_stages_only_the_one_that_changes_has_any() -> None:
    stage = "FROM debian:12\nRUN apt-get update\nRUN apt-get install -y curl\n"
    kept = stage.replace("RUN", "# dfix: ignore\nRUN", 1)
    found = run(Source("Dockerfile", kept + stage + kept), Options(use_context=False))
    (hunk,) = hunks(found)
    assert (hunk.line, hunk.line_after) == (6, 6)
    assert hunk.old == ("RUN apt-get update\n", "RUN apt-get install -y curl\n")


def test_rewritten_lines_at_both_ends_of_a_file() -> None:
    found = result(b"A\nB\nC", b"X\nB\nC\nD")
    regions = (Region(Span(0, 1), Span(0, 1)), Region(Span(5, 5), Span(5, 7)))
    expected = [Hunk(1, ("A\n",), 1, ("X\n",)), Hunk(3, ("C",), 3, ("C\n", "D"))]
    assert hunks(found) == hunks(found._replace(regions=regions)) == expected


def test_what_does_not_change_has_none() -> None:
    assert hunks(result(b"FROM a\n", b"FROM a\n")) == []


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("a", ["a"]),
        ("a\n", ["a\n"]),
        ("a\n\n", ["a\n", "\n"]),
        ("a\r\n\x0c\u2028b", ["a\r\n", "\x0c\u2028b"]),
    ],
)
def test_lines(text: str, lines: list[str]) -> None:
    assert lines_of(text) == lines

"""Hunks: replacing their lines in the old text gives the new one."""

from __future__ import annotations

import pytest

from rewriter.report.hunks import Hunk, hunks, lines_of
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

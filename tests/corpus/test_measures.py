"""What the corpus run counts is really found: each measure on a file that has the damage, and on one that has not."""

from __future__ import annotations

import pytest
from reference import buildkit_reads, changed_without_reason, dfix_reads, difference, lost_comments, lost_words

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.text.source import Source

BEFORE = "# syntax=x\nFROM a\n\n# one\nRUN b \\\n  # two\n  && c # three\nCOPY d e\n\nRUN f\n"


@pytest.mark.parametrize(
    ("after", "lost"),
    [
        (BEFORE, []),
        (BEFORE.replace("RUN f", "RUN f && g"), []),
        (BEFORE.replace("  # two\n", "  # two \\\n"), []),
        (BEFORE.replace("# syntax=x\n", ""), ["# syntax=x"]),
        (BEFORE.replace("# one\n", ""), ["# one"]),
        (BEFORE.replace("  # two\n", ""), ["# two"]),
        (BEFORE.replace(" # three", ""), ["# three"]),
        (BEFORE.replace("# three", "# three && g"), ["# three"]),
        (BEFORE.replace("\n# one", " # one"), []),
    ],
)
def test_comments(after: str, lost: list[str]) -> None:
    assert lost_comments(BEFORE, after) == lost


def test_a_number_sign_within_a_word_is_no_comment() -> None:
    assert lost_comments("RUN a#b\nRUN a \\ # b\n", "") == []
    assert lost_comments("RUN a \\\\ # b\n", "") == ["# b"]
    assert lost_comments("\t# b\n", "") == ["# b"]


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("RUN a\nRUN b\n", "RUN a \\\n && b\n", []),
        ("RUN a\nRUN b; c\n", "RUN a && { b; c; }\n", []),
        ("RUN --mount=x a\nRUN --mount=x b\n", "RUN --mount=x a && b\n", []),
        ("RUN a|b\n", "RUN a --c|b\n", []),
        ("RUN a\nRUN b\n", "RUN a\n", ["b"]),
        ("RUN a a\n", "RUN a\n", ["a"]),
        ("RUN --mount=x a\n", "RUN a\n", ["--mount=x"]),
        ("COPY a b\nRUN c\n", "RUN c\n", ["COPY", "a", "b"]),
        ("RUN install a curl\n", "RUN install a\n", ["curl"]),
    ],
)
def test_words(before: str, after: str, lost: list[str]) -> None:
    assert lost_words(before, after) == lost


@pytest.mark.parametrize(
    "after",
    [
        BEFORE,
        BEFORE.replace("RUN f", "RUN f && g"),
        BEFORE.replace("\n\nRUN f", " f\nRUN f"),
        BEFORE.replace("COPY d e\n\nRUN f\n", "RUN f\n\nCOPY d e\n"),
        BEFORE.replace("# one\nRUN b", "COPY x y\n\n# one\nRUN b"),
        BEFORE.replace("\n\nRUN f\n", "\n"),
    ],
)
def test_what_may_differ(after: str) -> None:
    assert changed_without_reason(BEFORE, after) == ""


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (BEFORE.replace("\n\n# one", "\n# one"), "lines between"),
        (BEFORE.replace("COPY d e", "COPY  d e"), "layout"),
        (BEFORE.replace("COPY d e", "COPY d e "), "layout"),
        (BEFORE.replace("  # two\n", ""), "layout"),
        (BEFORE.replace("RUN b \\\n", "RUN b \\\n\n"), "layout"),
        (BEFORE.replace("RUN f", "# new\nRUN f && g"), "a new line"),
        (BEFORE.replace("\n", "\r\n"), "a new line"),
        (BEFORE.replace("RUN f\n", "RUN f"), "lines between"),
    ],
)
def test_what_may_not(after: str, words: str) -> None:
    assert words in changed_without_reason(BEFORE, after)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("FROM a\nRUN b\n", "FROM a\nRUN c\n"),
        ("FROM a\nRUN b\n", "FROM a\n"),
        ("FROM a\n\nRUN b\n", "FROM a\nRUN b\n"),
        ('CMD ["a"]\n', "CMD a\n"),
        ("COPY --from=a b c\n", "COPY --from=d b c\n"),
        ("RUN <<E\na\nE\n", "RUN <<E\nb\nE\n"),
        ("ENV a=b\n", "ENV a=c\n"),
    ],
)
def test_readings_that_differ(ours: str, theirs: str) -> None:
    mine, other = dfix_reads(parse(Source("", ours))), buildkit_reads(theirs)
    assert other is not None
    assert difference(mine, other) != ""
    same = buildkit_reads(ours)
    assert same is not None
    assert difference(mine, same) == ""

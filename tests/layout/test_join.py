from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.layout.join import Element, join, usual_break
from dfix.rewriter.model import build
from dfix.rewriter.text.source import Source


def joined(text: str, count: int = 2, around: tuple[str, str, int] = ("", "", 0)) -> str:
    """Join the first `count` RUNs; `around` goes around each script."""
    source = Source("Dockerfile", "FROM a\n" + text)
    steps = [step for step in build(parse(source)).stages[0].steps if step.keyword == "RUN"]
    elements = [Element(step.instruction, step.script, *around) for step in steps[:count]]
    after = source.apply(join(elements, lambda: usual_break((step.instruction, step.script) for step in steps)))
    assert parse(after).fault is None
    return after.text.removeprefix("FROM a\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN a\nRUN b\n", "RUN a \\\n    && b\n"),
        ("RUN a\nRUN b", "RUN a \\\n    && b"),
        ("RUN a\n\n\nRUN b\n\nENV c=d\n", "RUN a \\\n    && b\n\nENV c=d\n"),
        ("RUN a  \t\nRUN   b\n", "RUN a \\\n    && b\n"),
        ("run a\nRUN b\n", "run a \\\n    && b\n"),
        ("RUN --network=none a\nRUN --network=none b\n", "RUN --network=none a \\\n    && b\n"),
        ("RUN a && b\nRUN c && d\n", "RUN a && b \\\n    && c && d\n"),
    ],
)
def test_runs_on_one_line(before: str, after: str) -> None:
    assert joined(before) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # the first RUN's own layout
        ("RUN a \\\n  && b\nRUN c\n", "RUN a \\\n  && b \\\n  && c\n"),
        ("RUN a && \\\n\tb\nRUN c\n", "RUN a && \\\n\tb && \\\n\tc\n"),
        ("RUN a \\\n && b\nRUN c && \\\n  d\n", "RUN a \\\n && b \\\n && c && \\\n  d\n"),
        # or the second one's
        ("RUN a\nRUN b && \\\n  c\n", "RUN a && \\\n  b && \\\n  c\n"),
        ("RUN a\nRUN \\\n  b && \\\n  c\n", "RUN a && \\\n  b && \\\n  c\n"),
        # or the file's usual one
        ("RUN a\nRUN b\nENV c=d\nRUN e \\\n\t&& f\nRUN g \\\n\t&& h\nRUN i && \\\n  j\n", "RUN a \\\n\t&& b\n"),
        # as far in as two tabs, and not farther
        ("RUN a\nRUN b\nENV c=d\nRUN e \\\n\t\t&& f\n", "RUN a \\\n\t\t&& b\n"),
        ("RUN a\nRUN b\nENV c=d\nRUN e \\\n\t\t && f\n", "RUN a \\\n    && b\n"),
        ("RUN a\nRUN b\nENV c=d\nRUN e \\\n        && f\n", "RUN a \\\n        && b\n"),
        ("RUN a\nRUN b\nENV c=d\nRUN e \\\n         && f\n", "RUN a \\\n    && b\n"),
        # a list of packages tells the indentation
        ("RUN a \\\n  b \\\n  c\nRUN d\n", "RUN a \\\n  b \\\n  c \\\n  && d\n"),
    ],
)
def test_runs_on_several_lines(before: str, after: str) -> None:
    assert joined(before).startswith(after)


def test_blanks_before_the_escape_are_not_copied_to_other_runs() -> None:
    before = "RUN a       \\\n && b     \\\n && c\nRUN d\n"
    assert joined(before) == "RUN a       \\\n && b     \\\n && c \\\n && d\n"


def test_what_stands_below_the_words_of_its_own_run_is_not_copied_to_other_runs() -> None:
    aligned = "RUN apk add --no-cache --update a \\\n                               && c\n"
    assert joined("RUN x\nRUN y\n" + aligned) == "RUN x \\\n    && y\n" + aligned


def test_line_ends_are_those_of_the_file() -> None:
    assert joined("RUN a \\\r\n && b\r\n\r\nRUN c\r\n") == "RUN a \\\r\n && b \\\r\n && c\r\n"


def test_comments_and_blank_lines_within_stay() -> None:
    before = "RUN a \\\n    # one\n    b\nRUN c \\\n    # two\n\n    d\n"
    assert joined(before) == "RUN a \\\n    # one\n    b \\\n    && c \\\n    # two\n\n    d\n"


def test_what_goes_around() -> None:
    assert joined("RUN a\nRUN b\n", around=("(", ")", 0)) == "RUN (a) \\\n    && (b)\n"
    assert joined("RUN a; b;\nRUN c; d;\n", around=("{ ", " }", 0)) == "RUN { a; b; } \\\n    && { c; d; }\n"


def test_a_last_semicolon_is_dropped() -> None:
    assert joined("RUN a;\nRUN b;\nRUN c\n", count=2, around=("", "", 1)) == "RUN a \\\n    && b;\nRUN c\n"


def test_many() -> None:
    assert joined("RUN a\nRUN b\n\nRUN c\nRUN d\n", count=3) == "RUN a \\\n    && b \\\n    && c\nRUN d\n"

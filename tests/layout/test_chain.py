from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.layout.chain import after_lines, after_part
from dfix.rewriter.model import Step, build
from dfix.rewriter.model.commands import chain
from dfix.rewriter.text.source import Source


def step_of(text: str) -> Step:
    return build(parse(Source("Dockerfile", "FROM a\n" + text))).stages[0].steps[0]


def added(text: str, part: int | None = None, command: str = "rm x") -> str:
    step = step_of(text)
    parts = chain(step.script)
    assert parts is not None, step.script.opaque
    edit = after_part(step.instruction, step.script, len(parts) - 1 if part is None else part, command)
    after = Source("Dockerfile", step.instruction.text).apply([edit])
    assert parse(after).fault is None
    return after.text.removeprefix("FROM a\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN a\n", "RUN a && rm x\n"),
        ("RUN a", "RUN a && rm x"),
        ("RUN a && b\n", "RUN a && b && rm x\n"),
        ("RUN a   \n", "RUN a && rm x   \n"),
        ("RUN a # c\n", "RUN a && rm x # c\n"),
        ("RUN a > f 2>&1\n", "RUN a > f 2>&1 && rm x\n"),
        ("RUN a | b\n", "RUN a | b && rm x\n"),
        ("RUN (a; b)\n", "RUN (a; b) && rm x\n"),
        ("RUN ! a\n", "RUN ! a && rm x\n"),
        ("RUN --network=none a\n", "RUN --network=none a && rm x\n"),
        ("ONBUILD RUN a\n", "ONBUILD RUN a && rm x\n"),
        ("run a\n", "run a && rm x\n"),
    ],
)
def test_one_line_stays_one_line(before: str, after: str) -> None:
    assert added(before) == after


def test_the_operator_begins_lines() -> None:
    assert added("RUN a \\\n    && b\nENV c=d\n") == "RUN a \\\n    && b \\\n    && rm x\nENV c=d\n"
    assert added("RUN a \\\n && b") == "RUN a \\\n && b \\\n && rm x"
    assert added("RUN a \\\n\t&& b\n") == "RUN a \\\n\t&& b \\\n\t&& rm x\n"
    assert added("RUN a \\\n  &&  b\n") == "RUN a \\\n  &&  b \\\n  &&  rm x\n"


def test_the_operator_ends_lines() -> None:
    assert added("RUN a && \\\n    b\n") == "RUN a && \\\n    b && \\\n    rm x\n"
    assert added("RUN a&&\\\n  b\n") == "RUN a&&\\\n  b&&\\\n  rm x\n"
    assert added("RUN a &&\\\n  b\n") == "RUN a &&\\\n  b &&\\\n  rm x\n"
    assert added("RUN a   &&   \\\n  b\n") == "RUN a   &&   \\\n  b && \\\n  rm x\n"
    assert added("RUN a && \\\nb\n") == "RUN a && \\\nb && \\\nrm x\n"


def test_the_operator_has_a_line_of_its_own() -> None:
    assert added("RUN a \\\n  && \\\n    b\n") == "RUN a \\\n  && \\\n    b \\\n  && \\\n    rm x\n"


def test_the_nearest_break_decides() -> None:
    before = "RUN a && \\\n    b \\\n  && c && d\n"
    assert added(before) == "RUN a && \\\n    b \\\n  && c && d \\\n  && rm x\n"
    assert added(before, 0) == "RUN a && \\\n    rm x && \\\n    b \\\n  && c && d\n"


def test_after_a_part_in_the_middle() -> None:
    assert added("RUN a && b && c\n", 1) == "RUN a && b && rm x && c\n"
    assert added("RUN a \\\n && b \\\n && c\n", 1) == "RUN a \\\n && b \\\n && rm x \\\n && c\n"
    assert added("RUN a && \\\n  b && \\\n  c\n", 1) == "RUN a && \\\n  b && \\\n  rm x && \\\n  c\n"


def test_a_list_of_words_on_lines_of_its_own() -> None:
    # no && at a line break to learn from: in front, as Docker's documentation writes it
    before = "RUN a && b \\\n    c \\\n      d\n"
    assert added(before) == "RUN a && b \\\n    c \\\n      d \\\n    && rm x\n"
    # … or as the rest of the file does
    rest = "RUN e && \\\n  f\n"
    assert added(before + rest) == "RUN a && b \\\n    c \\\n      d && \\\n    rm x\n" + rest


def test_comments_and_empty_lines_within_stay_and_take_nothing_up() -> None:
    before = "RUN a \\\n    curl \\\n    # tls\n\n    ca-certificates\n"
    assert added(before) == "RUN a \\\n    curl \\\n    # tls\n\n    ca-certificates \\\n    && rm x\n"
    before = "RUN a \\\n # why\n && b\n"
    assert added(before) == "RUN a \\\n # why\n && b \\\n && rm x\n"
    before = "RUN a && \\\n # why\n  b\n"
    assert added(before) == "RUN a && \\\n # why\n  b && \\\n  rm x\n"


def test_a_comment_after_the_last_escape() -> None:
    before = "RUN a \\\n && b \\\n # end\n"
    assert added(before) == "RUN a \\\n && b \\\n && rm x \\\n # end\n"


def test_escapes_in_one_column_stay_there() -> None:
    before = "RUN a          \\\n && bcd        \\\n && e\n"
    assert added(before) == "RUN a          \\\n && bcd        \\\n && e          \\\n && rm x\n"


def test_a_line_that_is_longer_than_the_column() -> None:
    before = "RUN a    \\\n && b     \\\n && cdefghi\n"
    assert added(before) == "RUN a    \\\n && b     \\\n && cdefghi \\\n && rm x\n"


def test_line_ends_are_those_of_the_file() -> None:
    assert added("RUN a \\\r\n && b\r\n") == "RUN a \\\r\n && b \\\r\n && rm x\r\n"


def test_the_escape_character_is_the_files() -> None:
    before = "# escape=`\nFROM a\nRUN a `\n && b\n"
    step = build(parse(Source("Dockerfile", before))).stages[0].steps[0]
    edit = after_part(step.instruction, step.script, 1, "rm x")
    assert Source("Dockerfile", before).apply([edit]).text == before[:-1] + " `\n && rm x\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("RUN <<E\nset -e\na\nE\n", "RUN <<E\nset -e\na\nrm x\nE\n"),
        ("RUN <<E\nset -e\na;\n\nE\n", "RUN <<E\nset -e\na;\nrm x\n\nE\n"),
        ("RUN <<E\nset -e\na # c\nE\n", "RUN <<E\nset -e\na # c\nrm x\nE\n"),
        ("RUN <<-E\n\tset -e\n\ta\n\tE\n", "RUN <<-E\n\tset -e\n\ta\n\trm x\n\tE\n"),
        ("RUN <<E\nset -e\na \\\n  b\nE\n", "RUN <<E\nset -e\na \\\n  b\nrm x\nE\n"),
    ],
)
def test_a_line_of_its_own(before: str, after: str) -> None:
    step = step_of(before)
    edit = after_lines(step.instruction.text, step.script, len(step.script.statements) - 1, "rm x")
    assert Source("Dockerfile", step.instruction.text).apply([edit]).text == "FROM a\n" + after

"""Which frame shows what a change does."""

from __future__ import annotations

from io import BytesIO

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.output import Output
from dfix.rewriter.report.terminal import framed
from tests.report.results import applied, result


def shown(found: Result) -> list[str]:
    """The lines of the report, of each header only the place."""
    stream = BytesIO()
    framed(Output(stream, colour=False), found, explain=False)
    lines = stream.getvalue().decode().split("\n")
    return [line.partition(": ")[0] for line in lines if line and line.strip() != "|"]


def test_a_change_within_a_long_instruction() -> None:
    """It is reported where the instruction starts, and may be nearer there to another change."""
    before = b"FROM a\nRUN b\nRUN c \\\n  d \\\n  e \\\n  f \\\n  g\n"
    after = b"FROM a\nRUN x\nRUN c \\\n  d \\\n  e \\\n  f \\\n  g y\n"
    assert shown(result(before, after, applied(2), applied(3))) == [
        "Dockerfile:2",
        "2 | -RUN b",
        "  | +RUN x",
        "Dockerfile:3",
        "7 | -  g",
        "  | +  g y",
    ]


def test_changes_that_stand_together_share_a_frame() -> None:
    found = result(b"FROM a\nRUN b\nRUN c\n", b"FROM a\nRUN x\nRUN y\n", applied(2), applied(3))
    assert shown(found) == [
        "Dockerfile:2",
        "Dockerfile:3",
        "2 | -RUN b",
        "3 | -RUN c",
        "  | +RUN x",
        "  | +RUN y",
    ]


def test_lines_that_a_change_moves_far_away() -> None:
    """The second place has no change of its own."""
    before = b"FROM a\nCOPY . .\n" + b"RUN b\n" * 6 + b"RUN c\n"
    after = b"FROM a\n" + b"RUN b\n" * 6 + b"RUN c\nCOPY . .\n"
    assert shown(result(before, after, applied(2))) == ["Dockerfile:2", " 2 | -COPY . .", "   |  …", "   | +COPY . ."]

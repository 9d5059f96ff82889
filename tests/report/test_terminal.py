"""Which frame shows what a change does."""

from __future__ import annotations

import time
from io import BytesIO

from dfix.rewriter.pipeline.result import Refused, Result
from dfix.rewriter.report.change_groups import change_groups
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


def test_neighbouring_changes_have_a_frame_each() -> None:
    found = result(b"FROM a\nRUN b\nRUN c\n", b"FROM a\nRUN x\nRUN y\n", applied(2), applied(3))
    assert shown(found) == ["Dockerfile:2", "2 | -RUN b", "  | +RUN x", "Dockerfile:3", "3 | -RUN c", "  | +RUN y"]


def test_changes_of_the_same_lines_share_a_frame() -> None:
    found = result(b"FROM a\nRUN b\n", b"FROM a\nRUN x\n", applied(2, "x"), applied(2, "y"))
    assert shown(found) == ["Dockerfile:2", "Dockerfile:2", "2 | -RUN b", "  | +RUN x"]


def test_a_change_stands_where_its_result_is() -> None:
    """The second one changes an instruction that the first one moves up."""
    before = b"FROM a\nCOPY . .\nRUN b\nRUN c\n"
    after = b"FROM a\nCOPY m .\nRUN b x\nCOPY . .\nRUN c y\n"
    moved = applied(3, "y")._replace(line_after=3)
    cleaned = applied(4, "z")._replace(line_after=5)
    assert shown(result(before, after, applied(2), moved, cleaned)) == [
        "Dockerfile:2",
        "Dockerfile:3",
        "  | +COPY m .",
        "  | +RUN b x",
        "2 |  COPY . .",
        "3 | -RUN b",
        "Dockerfile:4",
        "4 | -RUN c",
        "  | +RUN c y",
    ]


def test_what_was_left_alone_is_shown_in_the_order_of_the_lines() -> None:
    def refused(line: int, code: str) -> Refused:
        return Refused("y", line, line, code, "a reason", "a hint")

    found = result(
        b"FROM a\nRUN b\nRUN c\n",
        b"FROM a\nRUN b\nRUN y\n",
        applied(3),
        refusals=(refused(2, "one"), refused(2, "two"), refused(1, "three")),
    )
    stream = BytesIO()
    framed(Output(stream, colour=False), found, explain=True)
    assert stream.getvalue().decode() == (
        "Dockerfile:1: y left this alone (three): a reason\n"
        "  = a hint\n"
        "1 |  FROM a\n"
        "\n"
        "Dockerfile:2: y left this alone (one): a reason\n"
        "  = a hint\n"
        "Dockerfile:2: y left this alone (two): a reason\n"
        "  = a hint\n"
        "2 |  RUN b\n"
        "\n"
        "Dockerfile:3: x: reason of x (same image)\n"
        "  |\n"
        "3 | -RUN c\n"
        "  | +RUN y\n"
        "  |\n"
        "\n"
    )


def test_lines_that_a_change_moves_far_away() -> None:
    """The second place has no change of its own."""
    before = b"FROM a\nCOPY . .\n" + b"RUN b\n" * 6 + b"RUN c\n"
    after = b"FROM a\n" + b"RUN b\n" * 6 + b"RUN c\nCOPY . .\n"
    assert shown(result(before, after, applied(2))) == ["Dockerfile:2", " 2 | -COPY . .", "   |  …", "   | +COPY . ."]


def test_the_end_of_a_very_long_line_is_shown_where_it_differs() -> None:
    line = "RUN a" + " b" * 200
    rows = shown(result(f"FROM a\n{line}\n".encode(), f"FROM a\n{line} c\n".encode(), applied(2)))
    assert rows == ["Dockerfile:2", f"2 | -…{' b' * 30}", f"  | +…{' b' * 30} c"]


def test_thousands_of_changes_find_their_lines_at_once() -> None:
    before, after = ("FROM a\n" + "".join(f"RUN {name}{at}\n#\n" for at in range(1500)) for name in "bc")
    found = result(before.encode(), after.encode(), *(applied(2 * at + 2) for at in range(1500)))
    begin = time.process_time()
    groups = list(change_groups(found))
    assert time.process_time() - begin < 1
    assert [(group.changes[0].line, group.hunks[0].line) for group in groups] == [
        (2 * at + 2,) * 2 for at in range(1500)
    ]

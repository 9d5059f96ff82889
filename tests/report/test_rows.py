"""Which words of a changed line are shown in reverse."""

from __future__ import annotations

import time
from io import BytesIO

import pytest

from dfix.rewriter.report.output import Output
from dfix.rewriter.report.rows import Row, changed_parts, write_rows


def rows(*lines: str) -> list[Row]:
    return [Row("", line[0], line[1:]) for line in lines]


def differing(*lines: str) -> list[str]:
    """The parts of each line that differ, as text; `|` is between two."""
    found = rows(*lines)
    parts = zip(found, changed_parts(found), strict=True)
    return ["|".join(filter(None, (row.text[start:end] for start, end in of_row))) for row, of_row in parts]


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("RUN npm ci", "RUN npm ci && npm cache clean --force", ["", " && npm cache clean --force"]),
        ("RUN pip install flask", "RUN pip install --no-cache-dir flask", ["", "--no-cache-dir "]),
        ("RUN apt-get install jq && rm x", "RUN apt-get install jq", [" && rm x", ""]),
        ("RUN apt-get update", "RUN apk update", ["apt-get", "apk"]),
        ("RUN aaa bbb ccc", "RUN aaa ccc", ["bbb ", ""]),
        ("RUN a a a", "RUN a a", [" a", ""]),
        ("RUN pip install --no-cache-dir x", "RUN pip install --upgrade x", ["--no-cache-dir", "--upgrade"]),
        ("COPY a /app/a/ # keep it", "COPY --chown=u a /app/ # keep it", ["/app/a/", "--chown=u |/app/"]),
        ('CMD ["node", "server.js"]', 'CMD ["node", "app.js"]', ["server.js", "app.js"]),
        ("RUN one two three four", "RUN one 2 3 four", ["two three", "2 3"]),
    ],
)
def test_a_line_that_is_replaced(old: str, new: str, parts: list[str]) -> None:
    assert differing("-" + old, "+" + new) == parts


@pytest.mark.parametrize(
    "lines",
    [
        ["-RUN npm ci"],
        ["+COPY . ."],
        [" RUN a", " RUN b"],
        ["+RUN a b c", "-RUN a b d"],
        ["-RUN a b c", " COPY . .", "+RUN a b d"],
        ["-RUN one", "+COPY two .", "+ADD three ."],
        ["-COPY . .", "+RUN make"],
        ["-", "+"],
        ["@@ -1 +1 @@"],
    ],
)
def test_lines_that_are_no_pair(lines: list[str]) -> None:
    assert differing(*lines) == [""] * len(lines)


def test_several_pairs() -> None:
    lines = [" x", "-RUN a 1", "-RUN b 2", "+RUN a 3", "+RUN b 4", " y", "-RUN c 5", "+RUN c 6"]
    assert differing(*lines) == ["", "1", "2", "3", "4", "", "5", "6"]


def test_a_line_finds_what_it_became_among_more_lines() -> None:
    lines = ["-RUN npm ci", "+COPY package.json ./", "+RUN npm ci && npm cache clean --force"]
    assert differing(*lines) == ["", "", " && npm cache clean --force"]


def test_two_long_lines_are_compared_at_their_ends() -> None:
    old, new = ("RUN x" + f" {name}" * 3000 + " --force" * 6000 for name in "ab")
    begin = time.process_time()
    assert differing("-" + old, "+" + new) == ["a" + " a" * 2999, "b" + " b" * 2999]
    assert time.process_time() - begin < 1


def test_without_colour_the_text_is_all() -> None:
    stream = BytesIO()
    write_rows(
        Output(stream, colour=False), [Row("1 | ", "-", "RUN a"), Row("  | ", "+", "RUN b"), Row("2 | ", " ", "")]
    )
    assert stream.getvalue() == b"1 | -RUN a\n  | +RUN b\n2 |\n"

"""Where lines are broken on a narrow terminal."""

from __future__ import annotations

import pytest

from dfix.rewriter.report.folding import Painted, folded


def lines(text: str, columns: int, indent: str = "  ") -> list[str]:
    return ["".join(part.text for part in line) for line in folded([Painted(text)], columns, [Painted(indent)])]


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("one two three", 0, ["one two three"]),
        ("one two three", 13, ["one two three"]),
        ("one two three", 12, ["one two", "  three"]),
        ("one two three", 7, ["one two", "  three"]),
        ("one two three four", 9, ["one two", "  three", "  four"]),
        ("a-word-that-is-too-long", 8, ["a-word-that-is-too-long"]),
        ("a a-word-that-is-too-long b", 8, ["a", "  a-word-that-is-too-long", "  b"]),
        ("     indented words", 8, ["     indented", "  words"]),
        ("", 8, [""]),
    ],
)
def test_lines_end_between_words(text: str, columns: int, expected: list[str]) -> None:
    assert lines(text, columns) == expected


def test_each_piece_keeps_its_style() -> None:
    parts = [Painted("one ", "bold"), Painted("two three", "red")]
    assert folded(parts, 8, [Painted("| ", "blue")]) == [
        [Painted("one ", "bold"), Painted("two", "red")],
        [Painted("| ", "blue"), Painted("three", "red")],
    ]

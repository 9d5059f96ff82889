from __future__ import annotations

import pytest

from dfix.rewriter.text.source import Edit, OverlappingEditsError, Source, Span


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"FROM a",
        b"FROM a\r\n",
        b"\xef\xbb\xbfFROM a\n",
        b"\xef\xbb\xbf\xef\xbb\xbf",
        b"\xff\xfe\x00",
        "FROM é\u2028\U0001f600".encode(),
        b"\xed\xa0\x80",
    ],
)
def test_bytes_come_back(data: bytes) -> None:
    assert Source.from_bytes("x", data).to_bytes() == data


def test_a_bom_is_no_text() -> None:
    source = Source.from_bytes("x", b"\xef\xbb\xbfFROM a")
    assert source.bom
    assert source.text == "FROM a"
    assert source.with_text("FROM b").to_bytes() == b"\xef\xbb\xbfFROM b"


@pytest.mark.parametrize(
    ("text", "newline"),
    [
        ("", "\n"),
        ("a", "\n"),
        ("a\n", "\n"),
        ("a\r\n", "\r\n"),
        ("a\r\nb\r\nc\n", "\r\n"),
        ("a\r\nb\n", "\n"),
        ("a\rb", "\n"),
    ],
)
def test_the_line_ending_of_most_lines_counts(text: str, newline: str) -> None:
    assert Source("x", text).newline == newline


def test_a_new_text_keeps_the_line_ending() -> None:
    source = Source("x", "a\r\nb\r\n")
    assert source.with_text("c").newline == "\r\n"


def test_edits_take_the_files_line_ending() -> None:
    source = Source("x", "a\r\nb\r\n")
    assert source.apply([Edit(Span(3, 4), "c\nd")]).text == "a\r\nc\r\nd\r\n"


def test_edits_are_applied_at_once_and_in_any_order() -> None:
    source = Source("x", "abcdef")
    edits = [Edit(Span(4, 6), "Z"), Edit(Span(0, 1), ""), Edit(Span(2, 2), "--")]
    assert source.apply(edits).text == "b--cdZ"
    assert source.text == "abcdef"
    assert source.apply([]).text == "abcdef"


def test_edits_may_touch() -> None:
    assert Source("x", "abc").apply([Edit(Span(0, 1), "x"), Edit(Span(1, 2), "y")]).text == "xyc"
    assert Source("x", "abc").apply([Edit(Span(1, 1), "x"), Edit(Span(1, 2), "y")]).text == "axyc"


@pytest.mark.parametrize("spans", [((0, 2), (1, 3)), ((0, 3), (1, 1)), ((0, 2), (0, 1))])
def test_edits_must_not_overlap(spans: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(OverlappingEditsError):
        Source("x", "abc").apply([Edit(Span(*span), "") for span in spans])


def test_lines() -> None:
    source = Source("x", "ab\n\nc")
    assert [source.line_of(at) for at in range(6)] == [1, 1, 1, 2, 3, 3]
    assert Source("x", "").line_of(0) == 1


def test_a_span_contains_itself_and_what_lies_within() -> None:
    span = Span(2, 5)
    assert span.contains(Span(2, 5))
    assert span.contains(Span(3, 3))
    assert not span.contains(Span(1, 3))
    assert not span.contains(Span(4, 6))

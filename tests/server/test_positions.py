"""Places of the protocol and offsets of a text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfix.rewriter.server.positions import Positions
from tests.server.editor import place

TEXT = "a\r\nb😀é\rc\n\u2028d\fe\n"
#       0 1 2 3 4 5 6 7 8 9     10


@pytest.mark.parametrize(
    ("encoding", "at", "expected"),
    [
        *(("utf-16", 0, (0, 0)), ("utf-16", 1, (0, 1)), ("utf-16", 3, (1, 0)), ("utf-16", 4, (1, 1))),
        *(("utf-16", 5, (1, 3)), ("utf-16", 6, (1, 4)), ("utf-16", 7, (2, 0)), ("utf-16", 10, (3, 1))),
        *(
            ("utf-8", 5, (1, 5)),
            ("utf-8", 6, (1, 7)),
            ("utf-8", 10, (3, 3)),
            ("utf-32", 5, (1, 2)),
            ("utf-32", 6, (1, 3)),
        ),
        *(("utf-16", len(TEXT), (4, 0)), ("utf-8", len(TEXT), (4, 0))),
    ],
)
def test_places(encoding: str, at: int, expected: tuple[int, int]) -> None:
    positions = Positions(TEXT, encoding)
    assert positions.place(at) == expected
    assert positions.offset(*expected) == at


def test_places_that_are_not_there() -> None:
    positions = Positions(TEXT, "utf-16")
    assert positions.offset(0, 99) == 1  # before the line end
    assert positions.offset(1, 2) == 4  # within a character: before it
    assert positions.offset(99, 0) == len(TEXT)
    assert Positions("", "utf-8").offset(0, 5) == 0
    assert Positions("", "utf-8").place(0) == (0, 0)


@given(
    st.text(st.sampled_from("ab\r\n\f\u2028é😀\udc80𝄞"), max_size=30),
    st.sampled_from(["utf-8", "utf-16", "utf-32"]),
    st.data(),
)
def test_against_encoded_lines(text: str, encoding: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(text)))
    if text[max(0, at - 1) : at + 1] == "\r\n" and at:
        return
    expected = place(text, at, encoding)
    positions = Positions(text, encoding)
    assert positions.place(at) == (expected.line, expected.character)
    assert positions.offset(expected.line, expected.character) == at

from __future__ import annotations

from dfix.rewriter.pipeline.history import History
from dfix.rewriter.text.source import Edit, Source, Span


def after(text: str, *steps: list[Edit]) -> History:
    history = History(Source("x", text))
    for edits in steps:
        history.apply(edits)
    return history


def test_without_edits_every_place_stays() -> None:
    history = after("abc")
    assert [history.final(0, at) for at in range(4)] == [0, 1, 2, 3]
    assert [history.original(0, at) for at in range(4)] == [0, 1, 2, 3]


def test_a_longer_text_moves_what_comes_after_it() -> None:
    history = after("abcd", [Edit(Span(1, 2), "BBB")])
    assert history.texts[-1].text == "aBBBcd"
    assert history.final(0, 0) == 0
    assert history.final(0, 2) == 4
    assert history.final(0, 4) == 6
    assert history.original(1, 4) == 2
    assert history.original(1, 6) == 4


def test_a_place_within_an_edit_stays_within_what_replaced_it() -> None:
    history = after("abcdef", [Edit(Span(1, 5), "XY")])
    assert history.texts[-1].text == "aXYf"
    assert [history.final(0, at) for at in (1, 2, 3, 4)] == [1, 2, 2, 2]
    assert [history.original(1, at) for at in (1, 2)] == [1, 2]


def test_what_is_deleted_is_where_it_was() -> None:
    history = after("abcdef", [Edit(Span(1, 4), "")])
    assert history.texts[-1].text == "aef"
    assert [history.final(0, at) for at in (1, 2, 3)] == [1, 1, 1]
    assert history.original(1, 1) == 4


def test_inserted_text_comes_from_where_it_was_inserted() -> None:
    history = after("abc", [Edit(Span(1, 1), "XYZ")])
    assert history.texts[-1].text == "aXYZbc"
    assert [history.original(1, at) for at in (1, 2, 3)] == [1, 1, 1]
    assert history.original(1, 4) == 1
    assert history.final(0, 2) == 5


def test_what_stands_behind_an_insertion_moves_with_it() -> None:
    """A change reported at the place of its own insertion is found at the inserted text."""
    history = after("abc", [Edit(Span(1, 1), "XYZ")])
    assert history.final(0, 1) == 1


def test_several_edits_of_a_step_and_several_steps() -> None:
    history = after("one two three", [Edit(Span(0, 3), "1"), Edit(Span(8, 13), "3")], [Edit(Span(2, 5), "zwei")])
    assert [text.text for text in history.texts] == ["one two three", "1 two 3", "1 zwei 3"]
    assert history.final(0, 4) == 2
    assert history.final(0, 8) == 7
    assert history.original(2, 7) == 8
    assert history.final(1, 6) == 7
    assert history.original(1, 6) == 8


def test_offsets_count_the_files_own_line_ending() -> None:
    history = after("a\r\nb\r\n", [Edit(Span(0, 1), "x\ny")])
    assert history.texts[-1].text == "x\r\ny\r\nb\r\n"
    assert history.final(0, 3) == 6
    assert history.original(1, 6) == 3


def regions(history: History) -> list[tuple[int, int, int, int]]:
    return [(*region.before, *region.after) for region in history.regions()]


def test_regions_of_one_step_are_its_edits() -> None:
    history = after("one two three", [Edit(Span(0, 3), "1"), Edit(Span(8, 13), "3"), Edit(Span(4, 4), "x ")])
    assert history.texts[-1].text == "1 x two 3"
    assert regions(history) == [(0, 3, 0, 1), (4, 4, 2, 4), (8, 13, 8, 9)]


def test_regions_of_several_steps_are_places_of_the_first_and_the_last_text() -> None:
    history = after("abcdefgh", [Edit(Span(2, 3), "CCC")], [Edit(Span(0, 1), ""), Edit(Span(4, 6), "x")])
    assert [text.text for text in history.texts] == ["abcdefgh", "abCCCdefgh", "bCCxefgh"]
    assert regions(history) == [(0, 1, 0, 0), (2, 4, 1, 4)]
    assert regions(after("abc")) == []

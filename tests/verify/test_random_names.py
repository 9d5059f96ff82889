"""Paths with another name in each build of the original: the rewrite must have as many, of the same kind."""

from __future__ import annotations

import pytest

from dfix.rewriter.verify.compare import compare, without
from dfix.rewriter.verify.image import Entry, Image
from dfix.rewriter.verify.random_names import by_random_names

FOLDER = Entry("folder", 0o755, 0, 0)


def file(content: str = "x", mode: int = 0o644) -> Entry:
    return Entry("file", mode, 0, 0, len(content), content)


def image(**entries: Entry) -> Image:
    return Image({}, (), {"d": FOLDER, **{name.replace("__", "/"): entry for name, entry in entries.items()}})


def counted(first: Image, second: Image, new: Image, again: Image | None = None) -> list[str]:
    """The paths that count. `again` is the second build of the rewrite; None where that must not be needed."""

    def rebuild() -> Image:
        assert again is not None
        return again

    twice = compare(first, second, ())
    found = by_random_names(without(compare(first, new, ()), twice), twice, (first, second, new), rebuild)
    return [one.path for one in found.differences]


ONE, TWO = image(d__1=file()), image(d__2=file())


def test_another_name_is_noise() -> None:
    assert counted(ONE, TWO, image(d__3=file()), image(d__4=file())) == []


def test_a_lost_name_counts() -> None:
    assert counted(ONE, TWO, image()) == ["/d/1"]


def test_a_second_name_counts() -> None:
    assert counted(ONE, TWO, image(d__3=file(), d__4=file())) == ["/d/1", "/d/3", "/d/4"]


def test_a_fixed_name_in_its_place_counts() -> None:
    assert counted(ONE, TWO, image(d__fixed=file()), image(d__fixed=file())) == ["/d/1", "/d/fixed"]


@pytest.mark.parametrize("other", [file("other"), file(mode=0o600), FOLDER])
def test_another_kind_or_content_counts(other: Entry) -> None:
    assert counted(ONE, TWO, image(d__3=other)) == ["/d/1", "/d/3"]


def test_content_that_differs_in_each_build_may_differ() -> None:
    first, second = image(d__1=file("a")), image(d__2=file("b"))
    assert counted(first, second, image(d__3=file("c")), image(d__4=file("d"))) == []
    assert counted(first, second, image(d__3=file("c", 0o600))) == ["/d/1", "/d/3"]


def test_a_folder_with_a_random_name_has_the_same_in_it() -> None:
    first, second = image(d__1=FOLDER, d__1__a=file()), image(d__2=FOLDER, d__2__a=file())
    assert counted(first, second, image(d__3=FOLDER, d__3__a=file()), image(d__4=FOLDER, d__4__a=file())) == []
    assert counted(first, second, image(d__3=FOLDER)) == ["/d/1", "/d/3"]


def test_a_path_that_only_some_builds_have() -> None:
    assert counted(ONE, image(), image()) == []
    assert counted(image(), ONE, ONE, image()) == []
    assert counted(image(), ONE, image(d__1=file("other"))) == ["/d/1"]


def test_the_name_of_the_second_build_is_not_built_once_more() -> None:
    assert counted(ONE, TWO, TWO) == []


def test_a_new_path_elsewhere_counts() -> None:
    assert counted(ONE, TWO, image(d__3=file(), e=file()), image(d__4=file(), e=file())) == ["/e"]

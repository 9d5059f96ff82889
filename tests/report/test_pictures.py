"""The pictures of the terminal in README.md and the docs are those of the present version."""

from __future__ import annotations

from xml.etree import ElementTree

from terminal_pictures import FOLDER, PICTURES, ROOT, stale


def test_they_are_up_to_date() -> None:
    """`make docs` draws them anew."""
    assert stale(ROOT) == []


def test_a_page_that_may_load_nothing_shows_them() -> None:
    for name in PICTURES:
        text = (ROOT / FOLDER / f"{name}.svg").read_text(encoding="utf-8")
        assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")
        assert {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(text).iter()} <= {
            *("svg", "title", "style", "defs", "clipPath", "rect", "g", "text")
        }

"""The working directories that base images set: working_folders.toml."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "working_folders.toml")


class _Row:
    """A row of the table, for the images of its names."""

    __slots__ = ("folder", "literal_tag", "words")

    def __init__(self, folder: str, words: frozenset[str], literal_tag: bool) -> None:
        self.folder = folder
        self.words = words
        self.literal_tag = literal_tag

    def holds(self, tag: str) -> bool:
        """Whether the row says something of a tag."""
        words = set(tag.split("-"))
        if not words.isdisjoint(("onbuild", "distroless")) or (self.literal_tag and "$" in tag):
            return False
        return not self.words or not words.isdisjoint(self.words)


def working_folder(name: str, tag: str) -> str | None:
    """The working directory of the image with this repository and tag, both as written; None if it is unknown."""
    return next((row.folder for row in _rows().get(name, ()) if row.holds(tag)), None)


@cache
def _rows() -> dict[str, list[_Row]]:
    rows: dict[str, list[_Row]] = {}
    for row in own_table(_TABLE)["image"]:
        for name in row["names"]:
            made = _Row(row["folder"], frozenset(row.get("words", ())), row.get("literal-tag", False))
            rows.setdefault(name, []).append(made)
    return rows

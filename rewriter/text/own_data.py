"""Reading the tables that dfix itself brings: .toml and text files in its own packages."""

from __future__ import annotations

import os
from typing import Any


def own_text(*path: str) -> str:
    """The text of a file of dfix; raises OSError if the installation lacks it."""
    with open(os.path.join(*path), encoding="utf-8") as file:
        return file.read()


def own_table(*path: str) -> dict[str, Any]:
    """The table in a .toml file of dfix."""
    import tomli

    return tomli.loads(own_text(*path))


def row_texts(table: str, begin: str) -> dict[str, str]:
    """The text of each row of a table by its names, so that only those that are asked for are parsed.

    A row follows the line `begin`, and its first key is `names`.
    """
    texts = {}
    for text in table.split(begin)[1:]:
        for name in text[text.index("[") : text.index("]\n")].split('"')[1::2]:
            texts[name] = text
    return texts

"""The table of the variables that base images set."""

from __future__ import annotations

import os

from dfix.rewriter.knowledge import image_variables
from dfix.rewriter.knowledge.image_variables import is_of_image
from dfix.rewriter.text.own_data import own_table


def test_every_row_says_where_it_is_from() -> None:
    for row in own_table(os.path.dirname(image_variables.__file__), "image_variables.toml")["image"]:
        assert row["names"] and row["source"].startswith("https://") and row["date"], row
        assert all(name.isupper() and value.startswith("/") for name, value in row["variables"].items()), row


def test_a_value_that_an_image_gives() -> None:
    assert image_variables.image_variables("php") == {"PHP_INI_DIR": "/usr/local/etc/php"}
    assert image_variables.image_variables("node") == {}
    assert is_of_image("PHP_INI_DIR", "/usr/local/etc/php")
    assert not is_of_image("PHP_INI_DIR", "/app")
    assert not is_of_image("PHP_INI_DIR", None)
    assert not is_of_image("PATH", "/usr/local/etc/php")

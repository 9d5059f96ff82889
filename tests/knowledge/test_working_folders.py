"""The table of the working directories that base images set."""

from __future__ import annotations

import os

import pytest

from dfix.rewriter.knowledge import working_folders
from dfix.rewriter.knowledge.working_folders import working_folder
from dfix.rewriter.text.own_data import own_table

ROWS = own_table(os.path.dirname(working_folders.__file__), "working_folders.toml")["image"]
KEYS = {"names", "words", "folder", "literal-tag", "source", "date"}


def test_every_row_says_where_it_is_from() -> None:
    for row in ROWS:
        assert row["names"] and row["source"].startswith("https://") and row["date"], row
        assert row["folder"].startswith("/"), row
        assert set(row) <= KEYS, row


def test_no_row_is_hidden_by_one_before_it() -> None:
    general: set[str] = set()
    for row in ROWS:
        assert general.isdisjoint(row["names"]), row
        if not row.get("words"):
            general.update(row["names"])


@pytest.mark.parametrize(
    ("name", "tag", "folder"),
    [
        ("php", "8.3-apache-bookworm", "/var/www/html"),
        ("php", "8.3-fpm-alpine3.20", "/var/www/html"),
        ("php", "$V-fpm", "/var/www/html"),
        ("php", "8.3-cli", "/"),
        ("php", "8.3", "/"),
        ("php", "", "/"),
        ("php", "8.3-zts-alpine", "/"),
        ("golang", "1.24-alpine", "/go"),
        ("golang", "$V", "/go"),
        ("gradle", "8-jdk21", "/home/gradle"),
        ("composer", "2", "/app"),
        ("node", "22-alpine", "/"),
        ("scratch", "", "/"),
        # not known
        ("php", "$V", None),
        ("php", "8-${VARIANT}", None),
        ("node", "6-onbuild", None),
        ("golang", "1.8-onbuild", None),
        ("bitnami/node", "22", None),
        ("perl", "5", None),
        ("", "", None),
    ],
)
def test_folders(name: str, tag: str, folder: str | None) -> None:
    assert working_folder(name, tag) == folder

"""A judge of other people's changes is worth something only if it catches a wrong one, and at its line."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.engine.fixture import Engine
from tests.revisions.wrong_changes import WrongChange, wrong_changes

ROWS = wrong_changes()


def test_each_row_says_what_must_be_seen() -> None:
    assert [row.name for row in ROWS if not row.fails and not row.shows] == []
    assert len({row.name for row in ROWS}) == len(ROWS)
    counts = Counter(row.by for row in ROWS)
    assert set(counts) == {"other tools", "dfix 0.1.0"}
    assert counts["other tools"] >= 8
    assert counts["dfix 0.1.0"] >= 7


@pytest.mark.parametrize("row", [row for row in ROWS if row.ci], ids=lambda row: row.name)
def test_a_wrong_change_is_reported_at_its_line(engine: Engine, tmp_path: Path, row: WrongChange) -> None:
    """The others are left to scripts/wrong_changes.py, as they take longer."""
    assert row.unseen(engine, tmp_path / "repo") == []

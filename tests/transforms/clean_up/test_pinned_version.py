"""The bounds of a version that a requirement pins."""

from __future__ import annotations

from dfix.transforms.clean_up import pinned_version


def test_a_clause_that_is_not_known_bounds_nothing() -> None:
    assert pinned_version._bounds("<19,@main") == ((0,), (0,))

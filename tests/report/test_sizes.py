from __future__ import annotations

import pytest

from dfix.rewriter.report.sizes import size


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (45_600_000, "45.6 MB"), (12_300_000_000_000, "12300.0 GB")],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text

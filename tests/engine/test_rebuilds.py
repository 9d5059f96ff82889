"""What `dfix layers` predicts is what BuildKit runs; `make check-layers` draws forty contexts, this four."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.fixture import Engine
from tests.engine.rebuilds import EDITS, outcomes, said


@pytest.mark.parametrize(("seed", "large"), [(1, False), (2, False), (3, True), (4, True)])
def test_exactly_the_predicted_steps_run(engine: Engine, tmp_path: Path, seed: int, large: bool) -> None:
    engine.bases("busybox")
    found = [*outcomes(tmp_path, seed, engine.environment, large=large)]
    assert len(found) == EDITS
    assert any(outcome.ran for _, outcome in found)
    assert [said(seed, context, outcome) for context, outcome in found if outcome.predicted != outcome.ran] == []

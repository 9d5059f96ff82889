"""dfix on each input that it once broke: the right result, or a refusal with the right code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.breaks.outcomes import Outcome, outcomes, rewrite, unpack

OUTCOMES = {outcome.name: outcome for outcome in outcomes()}


@pytest.fixture(scope="session")
def inputs(shared: Path) -> dict[str, Path]:
    """The folders with the inputs, by name."""
    folders = [path for path in (shared / "breaks").iterdir() if path.is_dir()]
    folders += [path for path in (shared / "asked").iterdir() if path.is_dir() and path.name.startswith("W")]
    return {path.name: path for path in folders}


def test_no_input_is_forgotten(inputs: dict[str, Path]) -> None:
    assert sorted(inputs) == sorted(OUTCOMES)


@pytest.mark.parametrize("outcome", OUTCOMES.values(), ids=OUTCOMES)
def test_the_outcome(outcome: Outcome, inputs: dict[str, Path], tmp_path: Path) -> None:
    result = rewrite(unpack(inputs[outcome.name], tmp_path, outcome.links), outcome.options)
    assert result.problem is None
    expected = result.before.text if outcome.after is None else outcome.after
    assert result.after.text == expected
    ignore = result.ignore_file
    assert (None if ignore is None else ignore.after.text) == outcome.ignore_file
    assert {f"{refusal.rule} {refusal.code}" for refusal in result.refusals} >= outcome.reasons

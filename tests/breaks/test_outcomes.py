"""dfix on each input that it once broke: the right result, or a refusal with the right code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.breaks.outcomes import Outcome, folders, outcomes, rewrite, unpack

OUTCOMES = {outcome.name: outcome for outcome in outcomes()}
IN_FOLDERS = {name: outcome for name, outcome in OUTCOMES.items() if outcome.files is None}
OWN = {name: outcome for name, outcome in OUTCOMES.items() if outcome.files is not None}


def test_no_input_is_forgotten(shared: Path) -> None:
    assert sorted(folders(shared)) == sorted(IN_FOLDERS)


@pytest.mark.parametrize("outcome", IN_FOLDERS.values(), ids=IN_FOLDERS)
def test_the_outcome_of_a_folder(outcome: Outcome, shared: Path, tmp_path: Path) -> None:
    check(outcome, unpack(outcome, shared, tmp_path))


@pytest.mark.parametrize("outcome", OWN.values(), ids=OWN)
def test_the_outcome(outcome: Outcome, tmp_path: Path) -> None:
    check(outcome, unpack(outcome, None, tmp_path))


def check(outcome: Outcome, folder: Path) -> None:
    result = rewrite(folder, outcome.options)
    assert result.problem is None
    expected = result.before.text if outcome.after is None else outcome.after
    assert result.after.text == expected
    ignore = result.ignore_file
    assert (None if ignore is None else ignore.after.text) == outcome.ignore_file
    assert {f"{refusal.rule} {refusal.code}" for refusal in result.refusals} >= outcome.reasons
    reasons = [refusal.reason for refusal in result.refusals]
    assert [part for part in outcome.says if not any(part in reason for reason in reasons)] == []

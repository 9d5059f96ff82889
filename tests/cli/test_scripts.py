"""Every script of the folder `scripts`: what the command prints, its status and what it writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Dfix
from tests.cli.script import Answer, Step, read_command, read_script, set_up

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script(dfix: Dfix, script: Path) -> None:
    run: list[Step] = []
    for step in [*read_script(script), Step(0, "$", "", b"")]:
        if step.word == "$":
            if run:
                check(dfix, script, run)
            run = [step]
        elif run and not set_up_in(run, step):
            run.append(step)
        elif not run:
            assert set_up(step), f"{script.name}:{step.number}: unknown word {step.word!r}"


def set_up_in(run: list[Step], step: Step) -> bool:
    """Whether the step makes something for the next command; then the one before is carried out first."""
    return False

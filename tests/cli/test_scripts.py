"""Every script of the folder `scripts`: what the command prints, its status and what it writes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Dfix
from tests.cli.script import Answer, Step, read_command, read_script, set_up

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script(dfix: Dfix, script: Path) -> None:
    steps = read_script(script)
    starts = [number for number, step in enumerate(steps) if step.word == "$"]
    assert starts
    for step in steps[: starts[0]]:
        assert set_up(step), f"{script.name}:{step.number}: unknown word {step.word!r}"
    for start, end in zip(starts, [*starts[1:], len(steps)], strict=True):
        check(dfix, script.name, steps[start], steps[start + 1 : end])


def check(dfix: Dfix, script: str, start: Step, rest: list[Step]) -> None:
    """Run one command, hold it against what the script says of it, and set up what follows."""
    where = f"{script}:{start.number}: $ {start.rest}"
    command = read_command(start.rest)
    stdin = Path(command.stdin).read_bytes() if command.stdin else b""
    answer: Answer = dfix(command.words, environment=command.environment, stdin=stdin)
    expected = {step.word: step for step in rest if step.word in ("exit", "stdout", "stderr")}
    for stream in ("stderr", "stdout"):
        text = expected[stream].text if stream in expected else b""
        assert shown(getattr(answer, stream)) == shown(text), f"{stream} of {where}"
    assert answer.status == int(expected["exit"].rest), where
    for step in rest:
        if step.word == "holds":
            assert Path(step.rest).read_bytes() == step.text, f"{step.rest} after {where}"
        elif step.word not in expected:
            assert set_up(step), f"{script}:{step.number}: unknown word {step.word!r}"


def shown(data: bytes) -> str:
    """The text, with FOLDER for the working folder."""
    return data.decode("utf-8", "backslashreplace").replace("\x1b", "\\x1b").replace(os.getcwd(), "FOLDER")

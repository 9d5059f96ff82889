"""Many files in one command: memory does not grow with them, and output begins with the first."""

from __future__ import annotations

import gc
import io
from pathlib import Path

import pytest

from dfix.rewriter.cli import command
from dfix.rewriter.cli.request import Request
from dfix.rewriter.pipeline.job import Job, Outcome, work
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.output import Output

FILES = 60
EACH = 15
FEW = 4
"""So many results may be under way: one that is printed, one that is made, and what they were made of."""
FORMS = [
    *(Request((), output_format=form) for form in ("json", "sarif", "gitlab", "rdjson", "github", "concise")),
    Request((), mode="diff"),
    Request((), mode="check", explain=True),
    Request((), statistics=True),
    Request(()),
]


class Seen:
    """How many results are alive, and how much is written, each time that some more files were read."""

    def __init__(self, out: io.BytesIO) -> None:
        self.alive: list[int] = []
        self.written: list[int] = []
        self._files = 0
        self._out = out

    def work(self, job: Job) -> Outcome:
        if self._files % EACH == 0:  # going through all objects takes long
            self.alive.append(sum(type(one) is Result for one in gc.get_objects()))
            self.written.append(len(self._out.getvalue()))
        self._files += 1
        return work(job)


@pytest.fixture(params=[0, 80], ids=["pipe", "terminal"])
def seen(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Seen:
    for number in range(FILES):
        (tmp_path / f"Dockerfile.{number:03}").write_text("FROM debian\nRUN apt-get update && apt-get install -y jq\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    out = io.BytesIO()
    streams = tuple(Output(raw, colour=False, columns=request.param) for raw in (out, io.BytesIO()))
    monkeypatch.setattr(command, "outputs", lambda _color: streams)
    found = Seen(out)
    monkeypatch.setattr(command, "work", found.work)
    return found


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.mode}-{form.output_format}-{form.statistics}")
def test_results_are_written_as_they_come(seen: Seen, form: Request) -> None:
    gc.collect()
    before = sum(type(one) is Result for one in gc.get_objects())
    assert command.execute(form._replace(paths=(".",), jobs=1, exit_zero=True)) == 0
    assert len(seen.alive) == FILES // EACH
    assert max(seen.alive) - before <= FEW
    if not form.statistics:
        assert 0 < seen.written[1] < seen.written[2] < seen.written[3]

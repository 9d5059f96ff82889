"""Watching a RUN with podman and buildah, and with an engine that shows no reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfix.rewriter.context.folder import Context
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.engine import BuildOptions, Engine
from dfix.rewriter.verify.engines.buildah import Buildah, Podman
from dfix.rewriter.verify.process import Processes
from dfix.rewriter.verify.saved import LayerCache
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.watching.watcher import Watched, Watcher
from dfix.rewriter.verify.workspace import Workspace
from tests.verify.engines.conftest import BASE

BEFORE = f"FROM {BASE}\nCOPY . /app/\nRUN cat /app/a /app/b > /x\n"
AFTER = f"FROM {BASE}\nCOPY a /app/\nRUN cat /app/a /app/b > /x\nCOPY . /app/\n"


def watch(engine: Engine, folder: Path) -> Watched:
    source = folder / "source"
    source.mkdir()
    for name in ("a", "b", "c"):
        (source / name).write_text(name)
    (source / "Dockerfile").write_text(BEFORE)
    path = str(source / "Dockerfile")
    context = Context.open(str(source), path)
    space = Workspace()
    trial = Trial(engine, space, LayerCache(), BuildOptions(timeout=60), "file0", lambda text: None)
    try:
        trial.take_context(context, path)
        return Watcher(trial, Source(path, BEFORE), context).watch(Source(path, AFTER), context)
    finally:
        trial.close()
        space.close()


@pytest.mark.parametrize("kind", [Buildah, Podman], ids=["buildah", "podman"])
def test_reads_are_seen_or_it_is_said_that_they_are_not(kind: type[Buildah], storage: Path) -> None:
    seen = watch(kind(Processes(), str(storage)), storage)
    assert ([fault.path for fault in seen.faults], seen.unseen) == (["/app/b"], "")

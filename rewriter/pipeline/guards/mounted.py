"""Copied files that a RUN removes in one text, and mounts in the other one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Set
from typing import TYPE_CHECKING

from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Stage, Step
    from dfix.rewriter.pipeline.guards.trace import Put, Trace


def without_mounted(before: Trace, stage: Stage, other: Stage) -> Trace:
    """What a stage does, without the files that a RUN removes there, and mounts at the same path in the other text."""
    mounts = {
        (mount.from_, mount.source, mount.target)
        for ran in _runs_of(other)
        for mount in ran.mounts
        if mount.kind == "bind"
    }
    removed = {
        place.path
        for ran in _runs_of(stage)
        for command in (located(ran) if mounts else ())
        if command.words and program_name(command.words[0]) == "rm"
        for place in effects(command).writes
    }
    gone = [index for index, put in enumerate(before.puts) if removed and _is_mounted(put, mounts, removed)]
    if not gone:
        return before
    return before._replace(
        puts=tuple(put for index, put in enumerate(before.puts) if index not in gone),
        layers=tuple(layer for index, layer in enumerate(before.layers) if index not in gone),
        copied=tuple(count - sum(index < count for index in gone) for count in before.copied),
    )


def _runs_of(stage: Stage) -> Iterator[Step]:
    """The RUNs of a stage, and of those that it is based on."""
    for one in stage.ancestry():
        yield from (step for step in one.steps if step.keyword == "RUN" and not step.onbuild)


def _is_mounted(put: Put, mounts: Set[tuple[str | None, str | None, str | None]], removed: Set[str]) -> bool:
    """Whether what a COPY puts somewhere is one file that is removed, and mounted at the same path."""
    if put.entry is not None:
        place = put.entry.image
        return not put.entry.folder and place in removed and (None, put.entry.source, place) in mounts
    flag, destination = put.step.instruction.flag("from"), put.step.destination
    if flag is None or destination is None or len(put.step.sources) != 1:
        return False
    source = resolve("/", put.step.sources[0] or "") or "/"
    places = (destination, posixpath.join(destination, posixpath.basename(source)))
    return any(place in removed and (flag.value, source, place) in mounts for place in places)

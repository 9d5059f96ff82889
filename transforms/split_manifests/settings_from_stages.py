"""The texts of settings that another stage, or a bind mount, brings to where programs look."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model import Stage, Step
from dfix.rewriter.model.build import used_stages
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.effects.of_command import shown
from dfix.rewriter.model.effects.places import ELSEWHERE, named_by
from dfix.rewriter.model.mounts import Mount
from dfix.rewriter.model.paths import overlaps, resolve, within
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.links import makes_symbolic_links
from dfix.transforms.split_manifests.mentioned_paths import CommandTexts
from dfix.transforms.split_manifests.outputs import Receivers, outputs
from dfix.transforms.split_manifests.settings_places import is_looked_at, may_hold_places
from dfix.transforms.split_manifests.stage_copies import StageCopies, copies_from_context

_HOME = "/root/"
"""The home of a stage whose user is unknown."""
_MOST_FILES = 50
"""How many files of one place are read; the number is a choice."""
_MOST_STAGES = 5
"""How many stages a file is followed through."""


class Written(NamedTuple):
    """A text in a file of the image."""

    path: str
    """The image path."""
    what: str
    """What brings it, for messages."""
    text: str


def texts_from_elsewhere(copies: StageCopies, step: Step, run: Step) -> Iterator[Written]:
    """What `COPY --from`, or the bind mounts of a RUN, bring to where `run` looks without being told."""
    if step.keyword == "COPY" and step.instruction.flag("from") is not None:
        words = [step.expand(word.text) for word in step.instruction.words]
        target = resolve(step.workdir, words[-1]) if words and words[-1] is not None else None
        for source in words[:-1] if target is not None and may_hold_places(target, run) else ():
            for stage in used_stages(step, copies.stages):
                yield from _looked_at(_moved(_of_stage(copies, stage, source or "/", 1), source or "/", target), run)
    elif step.keyword == "RUN":
        for mount in step.mounts:
            if mount.kind == "bind" and step is run:
                yield from _looked_at(_of_mount(copies, step, mount, mount.target or "/"), run)
            elif mount.kind == "bind":
                for command in located(step):
                    yield from _taken(copies, step, mount, command, run)


def _looked_at(texts: Iterator[Written], run: Step) -> Iterator[Written]:
    return (written for written in texts if is_looked_at(written.path, run, named=1))


def _moved(texts: Iterator[Written], source: str, target: str | None) -> Iterator[Written]:
    """The texts below a source at the places to which a copy of it may bring them."""
    start = posixpath.normpath(posixpath.join("/", source.partition("*")[0]))
    for written in texts if target is not None else ():
        below = posixpath.relpath(written.path, start)
        yield written._replace(path=posixpath.normpath(posixpath.join(target or "/", below)))
        if below == ".":
            yield written._replace(path=posixpath.join(target or "/", posixpath.basename(written.path)))


def _taken(copies: StageCopies, step: Step, mount: Mount, command: Located, run: Step) -> Iterator[Written]:
    """The texts of mounted files that a command names beside a place in which programs look."""
    output = outputs(step.script).get(id(command.command), Receivers())
    paths = [path for word in (*command.words[1:], *output.files) if (path := named_by(command, word)) is not None]
    for place in (path for path in paths if is_looked_at(path, run, named=1)):
        for path in paths:
            if mount.target is not None and within(path, mount.target):
                for written in _of_mount(copies, step, mount, path):
                    yield from _moved(iter([written]), written.path, place)


def _of_mount(copies: StageCopies, step: Step, mount: Mount, path: str) -> Iterator[Written]:
    """The texts of a mount at or below an image path."""
    source = step.expand(mount.source or ".")
    if mount.target is None or source is None:
        return
    inside = posixpath.relpath(path, mount.target)
    if mount.from_ is None:
        start = posixpath.normpath(posixpath.join("/", source, inside))[1:]
        files = (start,) if copies.context.ships(start) else copies.context.some_below(start, _MOST_FILES)
        for file in islice(files, _MOST_FILES):
            below = posixpath.join(path, posixpath.relpath(file, start or "."))
            yield Written(posixpath.normpath(below), file, copies.context.read(file) or "")
        return
    start = posixpath.normpath(posixpath.join("/", source, inside))
    for stage in used_stages(step, copies.stages):
        if mount.from_.lower() in (stage.name, str(stage.index)):
            for written in _of_stage(copies, stage, start, 1):
                below = posixpath.join(path, posixpath.relpath(written.path, start))
                yield written._replace(path=posixpath.normpath(below))


def _of_stage(copies: StageCopies, stage: Stage, source: str, depth: int) -> Iterator[Written]:
    """The texts that the steps of a stage write at or below a path of its image."""
    place = posixpath.normpath(posixpath.join("/", source.partition("*")[0]))
    for step in (step for one in stage.ancestry() for step in one.steps if not step.onbuild):
        if step.keyword == "RUN":
            yield from _written_by_run(copies, stage, step, place, depth)
        elif copies_from_context(step):
            copy = copies.of(step)
            if isinstance(copy, Copied) and overlaps(copy.destination, place):
                yield from _brought(copies, copy, place)
        elif step.keyword in ("COPY", "ADD"):
            yield from _written_by_copy(copies, step, place, depth)


def _brought(copies: StageCopies, copy: Copied, place: str) -> Iterator[Written]:
    at = ((copy.brought.image_path_of(file), file) for file in copy.brought.paths())
    there = ((path, file) for path, file in at if path is not None and within(path, place))
    for path, file in islice(there, _MOST_FILES):
        yield Written(path, file, copies.context.read(file) or "")


def _written_by_copy(copies: StageCopies, step: Step, place: str, depth: int) -> Iterator[Written]:
    """The texts of the heredocs of a COPY, and of what it takes from other stages."""
    words = [step.expand(word.text) for word in step.instruction.words]
    target = resolve(step.workdir, words[-1]) if words and words[-1] is not None else None
    if target is None or not overlaps(target, place):
        return
    text, line = step.instruction.text, step.instruction.line
    for document in step.instruction.heredocs:
        yield Written(target, f"the text on line {line}", text[document.body.start : document.body.end])
    for stage in used_stages(step, copies.stages) if depth < _MOST_STAGES else ():
        for source in (word for word in words[:-1] if word is not None):
            yield from _moved(_of_stage(copies, stage, source, depth + 1), source, target)


def _written_by_run(copies: StageCopies, stage: Stage, step: Step, place: str, depth: int) -> Iterator[Written]:
    """The texts that a RUN writes, and those of the files that it copies or moves."""
    line = step.instruction.line
    if step.script.opaque:
        if place in step.source_text:
            yield Written(place, f"the RUN on line {line}", step.source_text)
        return
    receivers = outputs(step.script)
    for command in located(step):
        files = receivers.get(id(command.command), Receivers()).files
        paths = [path for word in files if (path := named_by(command, word)) is not None]
        paths += [
            _HOME + written.path.removeprefix(ELSEWHERE) if written.path.startswith(ELSEWHERE) else written.path
            for written in effects(command).writes
        ]
        path = next((path for path in paths if within(path, place) or within(place, path)), None)
        if path is None:
            continue
        at = path if within(path, place) else place
        if program_name(command.words[0]) in of_kind("moves") and not makes_symbolic_links(command):
            for source in (named_by(command, word) for word in command.words[1:]):
                if source not in (None, path) and depth < _MOST_STAGES:
                    yield from _moved(_of_stage(copies, stage, source or "/", depth + 1), source or "/", at)
            continue
        texts = CommandTexts(command, step)
        text = "\n".join([" ".join(text for _, text in texts.words()), *texts.bodies()])
        yield Written(at, f"`{shown(command)}` on line {line}", text)

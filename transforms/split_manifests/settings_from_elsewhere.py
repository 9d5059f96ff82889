"""The texts of settings that come from another stage, a bind mount or another place to where programs look."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Set
from itertools import islice

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model import Stage, Step
from dfix.rewriter.model.build import used_stages
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.effects.command_row import described
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.places import ELSEWHERE, named_by
from dfix.rewriter.model.mounts import Mount
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.neighbours.image_links import makes_symbolic_links
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
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

_ABSOLUTE = expression(r"(?<![\w.])/[\w./-]++")


class Written(NamedTuple):
    """A text in a file of the image."""

    path: str
    """The image path."""
    what: str
    """What brings it, for messages."""
    text: str


class Elsewhere:
    """Looks for settings that a step brings from elsewhere; `moved` are the copies that move after `run`."""

    def __init__(self, copies: StageCopies, run: Step, moved: Set[Step]) -> None:
        self.copies = copies
        self.run = run
        self.moved = moved
        self._writes: dict[Stage, list[tuple[str, Step, Located | None]]] = {}

    def texts(self, step: Step) -> Iterator[Written]:
        """What a step copies, moves or mounts to where `run` looks without being told."""
        if step.keyword == "COPY" and step.instruction.flag("from") is not None:
            target = step.destination
            for source in step.sources if target is not None and may_hold_places(target, self.run) else ():
                for stage in used_stages(step, self.copies.stages):
                    texts = _moved(self._of_stage(stage, source or "/", 1), source or "/", target)
                    yield from self._looked_at(texts)
        elif step.keyword == "RUN":
            mounts = [mount for mount in step.mounts if mount.kind == "bind"]
            for mount in mounts if step is self.run else ():
                yield from self._looked_at(self._of_mount(step, mount, mount.target or "/"))
            receivers = outputs(step.script)
            for command in located(step):
                yield from self._taken(step, mounts, command, receivers.get(id(command.command), Receivers()))

    def _looked_at(self, texts: Iterator[Written]) -> Iterator[Written]:
        """The texts that come to where `run` looks."""
        return (written for written in texts if is_looked_at(written.path, self.run, named=1))

    def _taken(self, step: Step, mounts: list[Mount], command: Located, output: Receivers) -> Iterator[Written]:
        """The texts of files that a command brings to a place in which programs look: `mv /tmp/a /etc/pip.conf`."""
        for path, place in _ways(command, output):
            if is_looked_at(place, self.run, named=1):
                yield from _moved(self._of_stage(step.stage, path, 1), path, place)
                for mount in mounts:
                    if mount.target is not None and within(path, mount.target):
                        yield from _moved(self._of_mount(step, mount, path), path, place)

    def _of_mount(self, step: Step, mount: Mount, path: str) -> Iterator[Written]:
        """The texts of a mount at or below an image path."""
        source = step.expand(mount.source or ".")
        if mount.target is None or source is None:
            return
        inside = posixpath.relpath(path, mount.target)
        start = posixpath.normpath(posixpath.join("/", source, inside))
        if mount.from_ is None:
            context, start = self.copies.context, start[1:]
            files = (start,) if context.ships(start) else context.some_below(start, _MOST_FILES)
            for file in islice(files, _MOST_FILES):
                below = posixpath.join(path, posixpath.relpath(file, start or "."))
                yield Written(posixpath.normpath(below), file, context.read(file) or "")
            return
        for stage in used_stages(step, self.copies.stages):
            if mount.from_.lower() in (stage.name, str(stage.index)):
                for written in self._of_stage(stage, start, 1):
                    below = posixpath.join(path, posixpath.relpath(written.path, start))
                    yield written._replace(path=posixpath.normpath(below))

    def _of_stage(self, stage: Stage, source: str, depth: int) -> Iterator[Written]:
        """The texts that the steps of a stage write at or below a path of its image."""
        place = posixpath.normpath(posixpath.join("/", source.partition("*")[0]))
        if depth > _MOST_STAGES:
            return
        yield from self._written_by_runs(stage, place, depth)
        copying = ("COPY", "ADD")
        steps = (s for one in stage.ancestry() for s in one.steps if s.keyword in copying and not s.onbuild)
        for step in steps:
            if copies_from_context(step):
                copy = self.copies.of(step)
                if isinstance(copy, Copied) and step not in self.moved and overlaps(copy.destination, place):
                    yield from self._brought(copy, place)
            else:
                yield from self._written_by_copy(step, place, depth)

    def _brought(self, copy: Copied, place: str) -> Iterator[Written]:
        at = ((copy.brought.image_path_of(file), file) for file in copy.brought.paths())
        there = ((path, file) for path, file in at if path is not None and within(path, place))
        for path, file in islice(there, _MOST_FILES):
            yield Written(path, file, self.copies.context.read(file) or "")

    def _written_by_copy(self, step: Step, place: str, depth: int) -> Iterator[Written]:
        """The texts of the heredocs of a COPY, and of what it takes from other stages."""
        target = step.destination
        if target is None or not overlaps(target, place):
            return
        text, line = step.instruction.text, step.instruction.line
        for document in step.instruction.heredocs:
            yield Written(target, f"the text on line {line}", text[document.body.start : document.body.end])
        for stage in used_stages(step, self.copies.stages):
            for source in (source for source in step.sources if source is not None):
                yield from _moved(self._of_stage(stage, source, depth + 1), source, target)

    def _written_by_runs(self, stage: Stage, place: str, depth: int) -> Iterator[Written]:
        """The texts that the RUNs of a stage write, and those of the files that they copy or move."""
        for path, step, command in self._writes_of(stage):
            if not overlaps(path, place):
                continue
            line = step.instruction.line
            at = path if within(path, place) else place
            if command is None:
                yield Written(at, f"the RUN on line {line}", step.source_text)
            elif _moves(command):
                for source, _ in _ways(command, Receivers()):
                    yield from _moved(self._of_stage(stage, source, depth + 1), source, at)
            else:
                texts = CommandTexts(command, step)
                text = "\n".join([" ".join(text for _, text in texts.words()), *texts.bodies()])
                yield Written(at, f"`{shown(command)}` on line {line}", text)

    def _writes_of(self, stage: Stage) -> list[tuple[str, Step, Located | None]]:
        """Each image path that a RUN of a stage writes, with the command; None for a script that dfix does not read."""
        if stage not in self._writes:
            steps = (step for one in stage.ancestry() for step in one.steps if not step.onbuild)
            runs = (step for step in steps if step.keyword == "RUN")
            self._writes[stage] = [(path, step, command) for step in runs for path, command in _writes(step)]
        return self._writes[stage]


def _moved(texts: Iterator[Written], source: str, target: str | None) -> Iterator[Written]:
    """The texts below a source at the places to which a copy of it may bring them."""
    start = posixpath.normpath(posixpath.join("/", source.partition("*")[0]))
    for written in texts if target is not None else ():
        below = posixpath.relpath(written.path, start)
        yield written._replace(path=posixpath.normpath(posixpath.join(target or "/", below)))
        if below == ".":
            yield written._replace(path=posixpath.join(target or "/", posixpath.basename(written.path)))


def _moves(command: Located) -> bool:
    return program_name(command.words[0]) in of_kind("moves") and not makes_symbolic_links(command)


def _ways(command: Located, output: Receivers) -> Iterator[tuple[str, str]]:
    """Each path from which a command brings what is there to another path, with that one.

    `cp a b`, `ln -s a b`, `cat a > b`, `envsubst < a > b`.
    """
    if not command.words:
        return
    if _moves(command) or makes_symbolic_links(command):
        paths = [named_by(command, word) for word in command.words[1:] if not word.text.startswith("-")]
        targets = paths[-1:]
    else:
        what = described(command.words)
        if what is not None and "plain" in what[0].kinds:
            return  # its words are text
        targets = [named_by(command, word) for word in output.files]
        read = (redirect.target for redirect in command.command.redirects if redirect.op == "<")
        paths = [named_by(command, word) for word in (*command.words[1:], *read) if word is not None]
    for target in targets:
        for path in paths:
            if path is not None and target is not None and path != target:
                yield path, target


def _writes(step: Step) -> Iterator[tuple[str, Located | None]]:
    """The image paths that a RUN writes, with their commands."""
    if step.script.opaque:
        yield from ((path, None) for path in dict.fromkeys(_ABSOLUTE.findall(step.source_text)))
        return
    receivers = outputs(step.script)
    for command in located(step):
        output = receivers.get(id(command.command), Receivers())
        paths = [path for word in output.files if (path := named_by(command, word)) is not None]
        if id(command) not in step.effects_by_command:
            step.effects_by_command[id(command)] = command, effects(command)
        for written in step.effects_by_command[id(command)][1].writes:
            at_home = written.path.startswith(ELSEWHERE)
            paths.append(_HOME + written.path.removeprefix(ELSEWHERE) if at_home else written.path)
        yield from ((path, command) for path in dict.fromkeys(paths))

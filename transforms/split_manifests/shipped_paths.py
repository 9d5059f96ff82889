"""Whether a path of a stage gets into an image that ships: its own, or one that copies it from there."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.file_map.install_reads import Needed
from dfix.rewriter.model.paths import resolve, within
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.installs import InstallRun


def check_made_files(model: Model, run: InstallRun, read: Needed) -> None:
    """Raises LeaveAlone where something ships that an install of `run` makes from the sources."""
    for made in read.made_from_sources:
        line = shipping_line(model, run.step.stage, made.path)
        if line:
            shipped = f"{posixpath.basename(made.path)} gets into an image that ships (line {line})"
            raise LeaveAlone("reads-sources", f"{made.why}, and {shipped}", made.hint)


def shipping_line(model: Model, stage: Stage, path: str) -> int:
    """The line of the stage or instruction through which a path of a stage ships, or may ship; 0 if it does not."""
    return _Shipping(model).line(stage, path)


class _Shipping:
    """Follows paths from stage to stage; each path of a stage is looked at once."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.seen: set[tuple[int, str]] = set()

    def line(self, stage: Stage, path: str) -> int:
        """As `shipping_line`; 0 for a path that was looked at before."""
        if (stage.index, path) in self.seen:
            return 0
        self.seen.add((stage.index, path))
        if stage.ships:
            return stage.instruction.line
        copying = next((step for step in stage.steps if _copies_within(step, path)), None)
        if copying is not None:
            return copying.instruction.line
        names = {str(stage.index), stage.name or str(stage.index)}
        for other in self.model.stages[stage.index + 1 :]:
            line = self.line(other, path) if other.parent is stage else 0
            taken = (step.instruction.line for step in other.steps if self._is_taken_by(step, names, path))
            line = line or next(taken, 0)
            if line:
                return line
        return 0

    def _is_taken_by(self, step: Step, names: set[str], path: str) -> bool:
        """Whether a step of another stage takes the path from the stage with these names to where it ships."""
        if step.keyword == "RUN":
            return any((mount.from_ or "").lower() in names for mount in step.mounts)
        flag = step.instruction.flag("from")
        if flag is None or (flag.value or "").lower() not in names:
            return False
        destination = step.destination
        return any(self._arrives(step.stage, source, destination, path) for source in step.sources)

    def _arrives(self, stage: Stage, source: str | None, destination: str | None, path: str) -> bool:
        """Whether a COPY of `source`, which may be a pattern, brings the path to where it ships."""
        if source is None:
            return True
        source = posixpath.normpath(posixpath.join("/", source))
        parts = zip(path.strip("/").split("/"), source.strip("/").split("/"), strict=False)
        if source != "/" and not all(fnmatchcase(name, pattern) for name, pattern in parts):
            return False
        if destination is None or not within(path, source):
            return True
        moved = posixpath.normpath(posixpath.join(destination, posixpath.relpath(path, source)))
        return bool(self.line(stage, moved))


def _copies_within(step: Step, path: str) -> bool:
    """Whether a RUN of the stage itself copies a folder with the path to somewhere else."""
    if step.keyword != "RUN":
        return False
    for command in located(step):
        if command.words and program_name(command.words[0]) in of_kind("copies"):
            named = (resolve(command.folder, word.literal_or_text) for word in command.words[1:])
            if any(place is not None and within(path, place) for place in named):
                return True
    return False

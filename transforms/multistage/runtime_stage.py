"""Input (`BuildStage`) and output (`RuntimeStage`) of a language module."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.official_images import BaseImage
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.model.stage_sources import stage_sources
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.entry_point import StartCommand

COPY_COMMANDS = of_kind("moves")
"""Programs that put a built file into its final place: `cp`, `mv`, `install`."""


class BuildStage(NamedTuple):
    """The stage to split: today it builds the program and runs it too."""

    model: Model
    stage: Stage
    context: Context
    base: BaseImage
    start: StartCommand
    """What a container of the stage runs."""
    commands: tuple[ClassifiedCommand, ...]
    """All commands of the stage's RUNs, in order."""
    context_copies: tuple[Copied, ...]
    """The stage's COPYs and ADDs from the build context."""

    @property
    def installed_packages(self) -> frozenset[str]:
        """The names of the system packages that the stage installs."""
        return frozenset(
            word.literal_or_text
            for command in self.commands
            if command.purpose == "packages" and command.usage is not None and command.usage.verb == "install"
            for word in command.usage.operands
        )

    @property
    def build_commands(self) -> tuple[ClassifiedCommand, ...]:
        """The commands that install dependencies, compile, or move what was built."""
        return tuple(command for command in self.commands if command.purpose == "build")

    def sources(self, *endings: str) -> Iterator[tuple[str, str]]:
        """Path and text of the source files with these suffixes that the stage may have."""
        return stage_sources(self.context, self.stage, self.model.stages, endings)

    def built_at(self, path: str) -> str:
        """The image path at which a file was built, before `cp`, `mv` or `install` put it at `path`.

        After `RUN go build -o /tmp/a && mv /tmp/a /usr/bin/a` it is /tmp/a for /usr/bin/a.
        """
        for command in reversed(self.commands):
            if command.program in COPY_COMMANDS:
                moved = moved_files(command)
                if moved is not None and path in moved:
                    path = moved[path]
        return path


class StageCopy(NamedTuple):
    """One `COPY --from` of the build stage: image paths of a file or folder there and in the runtime stage."""

    source: str
    target: str


class RuntimeStage(NamedTuple):
    """What a language module wants the runtime stage to be."""

    base_image: str
    """The reference after FROM."""
    copies: tuple[StageCopy, ...]
    """What the program can't run without."""
    may_read: tuple[str, ...] = ()
    """Image paths of further files that the program may read, copied to the same paths."""
    runs_there: frozenset[Step] = frozenset()
    """Steps after the last one that builds which the runtime stage can run itself: it has all that they need."""
    replaces: tuple[str, ...] = ()
    """Image folders that `copies` bring complete: a COPY from the build context into one of them is not repeated."""
    sources_only: bool = False
    """Whether the context was copied only to build from it, so that no COPY from the context is repeated."""
    keeps_copied_tools: bool = False
    """Whether it needs the package managers that the build stage copies from other images (uv)."""
    extra_packages: tuple[str, ...] = ()
    """System packages to install besides those that the author installs."""
    extra_lines: tuple[str, ...] = ()
    """Instructions before the copies."""
    setup_runs: tuple[str, ...] = ()
    """RUN lines after the copies."""
    build_stage_runs: tuple[str, ...] = ()
    """RUN lines at the end of the build stage, such as one that removes development dependencies."""
    build_stage_edits: tuple[Edit, ...] = ()
    """Edits of the build stage's own lines."""
    left_behind: str = ""
    """What doesn't ship any more, as a phrase ("Go and the sources"); "" where it is only system packages."""
    megabytes_saved: int = 0
    """How much smaller the base image is; 0 where unknown or the same."""
    missing_programs: frozenset[str] = frozenset()
    """Programs that the old base image has and the new one doesn't."""
    may_lack_libraries: bool = False
    """Whether the program's dependencies may load libraries of the old base image that dfix doesn't know of."""


def moved_files(command: ClassifiedCommand) -> dict[str, str] | None:
    """New image path → old image path of each file that `cp`, `mv` or `install` puts somewhere.

    The target may be a file or a folder, so `cp /a/x /b` gives {"/b/x": "/a/x", "/b": "/a/x"}. None where a path is
    unknown.
    """
    operands = [word for word in command.arguments if not word.startswith("-")]
    if command.program == "install":
        operands = _operands_of_install(command.arguments)
    if len(operands) < 2:
        return None
    target = command.image_path(operands[-1])
    moved = {}
    for operand in operands[:-1]:
        source = command.image_path(operand)
        if source is None or target is None:
            return None
        moved[posixpath.join(target, posixpath.basename(source))] = source
        if len(operands) == 2 and not operands[-1].endswith("/"):
            moved[target] = source
    return moved


def _operands_of_install(arguments: tuple[str, ...]) -> list[str]:
    """The paths in `install -m 755 -o root a b`."""
    operands = []
    is_value = False
    for word in arguments:
        if is_value:
            is_value = False
        elif word in ("-m", "-o", "-g", "--mode", "--owner", "--group"):
            is_value = True
        elif not word.startswith("-"):
            operands.append(word)
    return operands

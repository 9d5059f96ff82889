"""The commands of a RUN that install a project's dependencies."""

from __future__ import annotations

from collections.abc import Callable

from dfix.rewriter.knowledge import project_install
from dfix.rewriter.knowledge.load import is_named
from dfix.rewriter.model.commands import Located, chain, located
from dfix.rewriter.model.file_map import FileMap
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple


class InstallRun(NamedTuple):
    """A RUN with at least one project install."""

    step: Step
    commands: tuple[Located, ...]
    """Every command of the RUN."""
    installs: tuple[ProjectInstall, ...]
    chained: bool
    """Whether the script is a plain `&&` chain, so that it can be split."""


def install_run(step: Step) -> InstallRun | None:
    """The installs of a RUN, or None when dfix sees none."""
    instruction = step.instruction
    if not is_named("project", instruction.text[instruction.span.start : instruction.span.end]):
        return None
    commands = located(step, conditions=True)
    installs = []
    for command in commands:
        install = project_install(command.words)
        if install is not None:
            installs.append(ProjectInstall(command, *install))
    if not installs:
        return None
    return InstallRun(step, commands, tuple(installs), chain(step.script) is not None)


def make_run(step: Step, file_map: Callable[[], FileMap]) -> InstallRun | None:
    """The installs that a RUN starts through `make`. None where it runs no make, or one that installs nothing.

    `file_map` says which files the RUN finds; it is only asked about a make.
    """
    instruction = step.instruction
    if "make" not in instruction.text[instruction.span.start : instruction.span.end]:
        return None
    from dfix.rewriter.model.file_map.makefile_installs import installs_of_make

    commands = located(step, conditions=True)
    make = next((c for c in commands if c.words and program_name(c.words[0]) == "make"), None)
    installs = () if make is None else installs_of_make(file_map(), make)
    return InstallRun(step, commands, installs, chain(step.script) is not None) if installs else None

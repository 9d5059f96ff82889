"""The project installs of a RUN and where its && chain has to be parted."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.knowledge import project_install
from dfix.rewriter.knowledge.load import is_named
from dfix.rewriter.model.commands import Located, chain, located
from dfix.rewriter.model.stage import Step


class ProjectInstall(NamedTuple):
    """An install that reads the project's manifests. `arguments` follow the manager's name, as written.

    `added` are arguments of a command that the split would write, behind those. `makefile` is the file's name where
    `make` runs the install.
    """

    located: Located
    manager: str
    arguments: tuple[str, ...]
    reader: str
    added: tuple[str, ...] = ()
    makefile: str = ""

    @property
    def shown(self) -> str:
        """The command as the author wrote it."""
        return " ".join(word.text for word in self.located.words)


class InstallRun(NamedTuple):
    """A RUN with at least one project install. `chained` tells whether it is one pure && chain."""

    step: Step
    commands: tuple[Located, ...]
    installs: tuple[ProjectInstall, ...]
    chained: bool


def install_run(step: Step) -> InstallRun | None:
    """The RUN's installs, or None when it has none that dfix can see."""
    instruction = step.instruction
    if not is_named("project", instruction.text[instruction.span.start : instruction.span.end]):
        return None
    commands = located(step, conditions=True)
    installs = []
    for command in commands:
        found = project_install(command.words)
        if found is not None:
            installs.append(ProjectInstall(command, *found))
    if not installs:
        return None
    return InstallRun(step, commands, tuple(installs), chain(step.script) is not None)

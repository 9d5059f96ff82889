"""What each command of a stage's RUNs is for: packages, users, folders, clean-up, or the build itself."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Literal

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.knowledge.runtime import has_packages
from dfix.rewriter.knowledge.usage import Usage
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.stage import Stage, Step, known
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple

Purpose = Literal["packages", "user", "folder", "clean", "plain", "build", "other"]
"""`plain` leaves nothing that a later step needs (`echo`, `set -e`, an assignment); `other` is unknown."""


class ClassifiedCommand(NamedTuple):
    """One command of a RUN, and what it is for."""

    purpose: Purpose
    step: Step
    located: Located
    usage: Usage | None = None
    """How a package manager is called; None for other programs."""

    @property
    def shortened(self) -> str:
        """The command as the author wrote it, cut after 60 characters."""
        text = " ".join(word.text for word in self.located.words)
        return text if len(text) <= 60 else text[:57] + "…"

    @property
    def program(self) -> str:
        """The program's name, "" for an assignment by itself."""
        return program_name(self.located.words[0]) if self.located.words else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words after the program's name, without quotes where their value is known."""
        return tuple(word.literal_or_text for word in self.located.words[1:])

    def image_path(self, written: str) -> str | None:
        """The image path of an operand, which may be relative to the command's folder; None where it is unknown."""
        value = written if "$" not in written else known(written, self.located.env, "\\")
        if value is None or (self.located.folder is None and not value.startswith("/")):
            return None
        return posixpath.normpath(posixpath.join(self.located.folder or "/", value))


def classified_commands(stage: Stage, is_build_command: Callable[[Located], bool]) -> tuple[ClassifiedCommand, ...]:
    """Every command of the stage's RUNs, in order. Raises LeaveAlone for a RUN that dfix cannot read."""
    commands: list[ClassifiedCommand] = []
    for step in stage.steps:
        if step.onbuild:
            raise LeaveAlone("onbuild", f"`ONBUILD {step.keyword}` runs in builds that use this image as their base")
        if step.keyword != "RUN":
            continue
        line = step.instruction.line
        if step.script.opaque:
            raise LeaveAlone("unread-script", f"dfix cannot read the RUN on line {line}: {step.script.opaque}")
        if any(mount.kind == "bind" for mount in step.mounts):
            raise LeaveAlone("mount", f"the RUN on line {line} mounts files of the build context")
        commands += _classified(step, is_build_command)
    return tuple(commands)


def _classified(step: Step, is_build_command: Callable[[Located], bool]) -> Iterator[ClassifiedCommand]:
    for command in located(step, conditions=True):
        if not command.words:
            yield ClassifiedCommand("plain", step, command)
            continue
        manager_usage = usage(command.words)
        purpose: Purpose = "build" if is_build_command(command) else _purpose(command, manager_usage)
        yield ClassifiedCommand(purpose, step, command, manager_usage)


def _purpose(command: Located, manager_usage: Usage | None) -> Purpose:
    program = program_name(command.words[0])
    if manager_usage is not None and manager_usage.manager.system and has_packages(manager_usage.manager.name):
        return "packages" if manager_usage.verb in ("update", "install", "remove", "clean") else "other"
    if manager_usage is not None and manager_usage.manager.system:
        return "packages"
    if program == "rm" or (manager_usage is not None and manager_usage.verb == "clean"):
        return "clean"
    if program in of_kind("account"):
        return "user"
    if program in of_kind("folder"):
        return "folder"
    return "plain" if program in of_kind("plain") else "other"

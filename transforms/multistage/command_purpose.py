"""What each command of a stage's RUNs is for: packages, users, folders, clean-up, or the build itself."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.knowledge.runtime import has_packages
from dfix.rewriter.knowledge.usage import Usage
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.stage import Stage, Step, known
from dfix.rewriter.shell.walk import program_name

Kind = Literal["packages", "user", "folder", "clean", "plain", "build", "other"]


class Act(NamedTuple):
    """A command and what it is for. `usage` is there for package managers."""

    kind: Kind
    step: Step
    located: Located
    usage: Usage | None = None

    @property
    def shown(self) -> str:
        """The command as the author wrote it, shortened."""
        text = " ".join(word.text for word in self.located.words)
        return text if len(text) <= 60 else text[:57] + "…"

    @property
    def program(self) -> str:
        """The program's name, "" for an assignment by itself."""
        return program_name(self.located.words[0]) if self.located.words else ""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The words behind the program's name, quotes removed where their value is known."""
        return tuple(word.literal_or_text for word in self.located.words[1:])

    def path(self, written: str) -> str | None:
        """A path as seen from the folder in which the command runs; None when that is not known."""
        value = written if "$" not in written else _expanded(written, self.located)
        if value is None or (self.located.folder is None and not value.startswith("/")):
            return None
        return posixpath.normpath(posixpath.join(self.located.folder or "/", value))


def acts(stage: Stage, builds: Callable[[Located], bool]) -> tuple[Act, ...]:
    """Every command of the stage's RUNs; `builds` tells which belong to the build.

    Raises LeaveAlone for a RUN that is not read.
    """
    found: list[Act] = []
    for step in stage.steps:
        if step.onbuild:
            raise LeaveAlone("onbuild", f"`ONBUILD {step.keyword}` runs in builds that begin with this image")
        if step.keyword != "RUN":
            continue
        if step.script.opaque:
            raise LeaveAlone(
                "unread-script", f"the RUN on line {step.instruction.line} is not read: {step.script.opaque}"
            )
        if any(mount.kind == "bind" for mount in step.mounts):
            raise LeaveAlone("mount", f"the RUN on line {step.instruction.line} mounts files of the build context")
        found += _of(step, builds)
    return tuple(found)


def _of(step: Step, builds: Callable[[Located], bool]) -> Iterator[Act]:
    for command in located(step, conditions=True):
        if not command.words:
            yield Act("plain", step, command)
            continue
        found = usage(command.words)
        yield Act(_kind(command, found, builds), step, command, found)


def _kind(command: Located, found: Usage | None, builds: Callable[[Located], bool]) -> Kind:
    program = program_name(command.words[0])
    if builds(command):
        return "build"
    if found is not None and found.manager.system and has_packages(found.manager.name):
        return "packages" if found.verb in ("update", "install", "remove", "clean") else "other"
    if found is not None and found.manager.system:
        return "packages"
    if found is not None and found.verb == "clean":
        return "clean"
    if program == "rm":
        return "clean"
    if program in of_kind("account"):
        return "user"
    if program in of_kind("folder"):
        return "folder"
    return "plain" if program in of_kind("plain") else "other"


def _expanded(written: str, command: Located) -> str | None:
    return known(written, command.env, "\\")

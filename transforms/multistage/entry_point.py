"""What a container of a stage runs: its ENTRYPOINT and CMD."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.shell.nodes import Command
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import invoked

_PROGRAM = re.compile(r"[\w./@+-]+")


class Start(NamedTuple):
    """`words` are the program and its arguments without quotes, `shell` says whether a shell runs them.

    `workdir` is the folder in which it starts.
    """

    words: tuple[str, ...]
    shell: bool
    workdir: str

    @property
    def program(self) -> str:
        """The program's name without its folder."""
        return posixpath.basename(self.words[0])

    def path(self, written: str) -> str:
        """A path as the program sees it."""
        return posixpath.normpath(posixpath.join(self.workdir, written))


def start(stage: Stage, own: tuple[str, ...] = ()) -> Start:
    """What the stage's image runs; `own` is what its base image runs where the file does not say it.

    Raises LeaveAlone where that is not known, or is a script of several commands.
    """
    entrypoint, command = _last(stage, "ENTRYPOINT"), _last(stage, "CMD")
    workdir = stage.workdir
    if workdir is None:
        raise LeaveAlone("no-command", "the folder in which the command starts is not known")
    if entrypoint is None and command is None:
        if own:
            return Start(own, False, workdir)
        raise LeaveAlone("no-command", "the file names no command to run, so what has to ship is not known")
    words: list[str] = []
    shell = False
    for step in (entrypoint, command):
        if step is None:
            continue
        instruction = step.instruction
        if instruction.json is not None:
            words += [word.text for word in instruction.json]
            continue
        if shell or (step is command and entrypoint is not None):
            break  # a shell form takes no arguments from CMD, and CMD's shell is an argument that nobody means
        shell = True
        found = _shell_words(step)
        if found is None:
            raise LeaveAlone("no-command", f"`{step.keyword} {instruction.value}` is more than one command")
        words += found
        if step is entrypoint:
            break
    if not words or not _PROGRAM.fullmatch(words[0]):
        raise LeaveAlone("no-command", f"what `{' '.join(words)}` runs is not known")
    return Start(tuple(_unwrapped(words)), shell, workdir)


def _unwrapped(words: list[str]) -> list[str]:
    """Without a program that only starts another: `tini -- x`, `dumb-init x`, `docker-entrypoint.sh x`."""
    while len(words) > 1 and posixpath.basename(words[0]) in ("tini", "dumb-init", "exec"):
        words = words[1:]
        while len(words) > 1 and words[0].startswith("-"):
            words = words[1:]
    return words


def _last(stage: Stage, keyword: str) -> Step | None:
    found = [step for step in stage.steps if step.keyword == keyword and not step.onbuild]
    return found[-1] if found else None


def _shell_words(step: Step) -> list[str] | None:
    if step.shell_name not in of_kind("shell"):
        return None
    instruction = step.instruction
    script = parse(instruction.value, 0, instruction.value)
    if script.opaque or len(script.statements) != 1 or not isinstance(script.statements[0].node, Command):
        return None
    return [word.value if word.value is not None else word.text for word in invoked(script.statements[0].node)]

"""What a container of a stage runs: its ENTRYPOINT and CMD."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Iterable

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.image_records import Container
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.shell.nodes import Command
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import invoked
from dfix.rewriter.shell.wrappers import wrapper
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_PROGRAM = expression(r"[\w./@+-]+")


class StartCommand(NamedTuple):
    """The command that a container starts with."""

    words: tuple[str, ...]
    """The program and its arguments, without quotes and without a wrapper such as `tini`."""
    runs_in_shell: bool
    workdir: str
    """The folder in which it starts."""
    assumed: bool = False
    """Whether nothing names it, and it is what the base image runs: whoever starts a container may name another."""

    @property
    def script(self) -> str:
        """The text of `sh -c TEXT`; "" for any other command."""
        is_script = posixpath.basename(self.words[0]) in of_kind("shell") and self.words[1:2] == ("-c",)
        return self.words[2] if is_script and len(self.words) > 2 else ""

    @property
    def program(self) -> str:
        """The program's name without its folder."""
        return posixpath.basename(self.words[0])

    def image_path(self, written: str) -> str:
        """The image path of a path that may be relative to the start folder."""
        return posixpath.normpath(posixpath.join(self.workdir, written))


def start_command(
    stage: Stage, default: tuple[str, ...] = (), *, declared: Iterable[Container] = (), scripts: bool = False
) -> StartCommand:
    """What a container of the stage runs; `default` is what its base image runs without ENTRYPOINT and CMD.

    `declared` are the containers that other files start from the stage, which count where it has neither. Raises
    LeaveAlone where that is unknown or, without `scripts`, a script of several commands.
    """
    entrypoint, cmd = _last(stage, "ENTRYPOINT"), _last(stage, "CMD")
    workdir = stage.workdir
    if workdir is None:
        raise LeaveAlone("no-command", "the folder in which the command starts is unknown")
    if entrypoint is None and cmd is None:
        return _declared_command(declared, workdir, scripts) or _default(default, workdir)
    words: list[str] = []
    in_shell = False
    for step in (entrypoint, cmd):
        if step is None:
            continue
        instruction = step.instruction
        if instruction.json is not None:
            words += [word.text for word in instruction.json]
            continue
        if in_shell or (step is cmd and entrypoint is not None):
            # a shell-form ENTRYPOINT ignores CMD; a shell-form CMD after an exec ENTRYPOINT would pass
            # "/bin/sh -c …" as arguments, which is never intended
            break
        in_shell = True
        shell_words = _shell_words(step)
        if shell_words is None and scripts and step.shell_name in of_kind("shell"):
            shell_words = ["sh", "-c", instruction.value]
        if shell_words is None:
            raise LeaveAlone("no-command", f"`{step.keyword} {instruction.value}` is more than one command")
        words += shell_words
        if step is entrypoint:
            break
    if not words or not _PROGRAM.fullmatch(words[0]):
        raise LeaveAlone("no-command", f"dfix cannot tell which program `{' '.join(words)}` runs")
    return StartCommand(tuple(_without_wrapper(words)), in_shell, workdir)


def _default(default: tuple[str, ...], workdir: str) -> StartCommand:
    if default:
        return StartCommand(default, False, workdir, assumed=True)
    raise LeaveAlone(
        "no-command", "the Dockerfile has no CMD or ENTRYPOINT, so dfix cannot tell what has to ship", "add a CMD"
    )


def _declared_command(declared: Iterable[Container], workdir: str, scripts: bool) -> StartCommand | None:
    """What the containers run; None where none names a command. Raises LeaveAlone for several commands or a script.

    With `scripts`, several commands are one script.
    """
    started = [one for one in declared if one.entrypoint or one.command]
    commands = sorted({((*(one.entrypoint or ()), *(one.command or ())), one.folder or workdir) for one in started})
    if not commands:
        return None
    (words, folder), file = commands[0], posixpath.basename(started[0].file)
    if len(commands) > 1 and (not scripts or any(other != folder for _, other in commands)):
        raise LeaveAlone("no-command", f"the Dockerfile has no CMD, and {file} starts several programs from its image")
    if len(commands) > 1:
        return StartCommand(("sh", "-c", "\n".join(shlex.join(words) for words, _ in commands)), True, folder)
    if not scripts and (posixpath.basename(words[0]) in of_kind("shell") or not _PROGRAM.fullmatch(words[0])):
        raise LeaveAlone("no-command", f"the Dockerfile has no CMD, and {file} runs a script: `{' '.join(words)}`")
    return StartCommand(tuple(_without_wrapper(list(words))), False, folder)


def _without_wrapper(words: list[str]) -> list[str]:
    """The command without a program that only starts another: `tini -- x` and `dumb-init x` become `x`."""
    while len(words) > 1 and (row := wrapper(posixpath.basename(words[0]))) is not None and row.hands_over:
        words = words[1:]
        while len(words) > 1 and words[0].startswith("-"):
            words = words[1:]
    return words


def _last(stage: Stage, keyword: str) -> Step | None:
    steps = [step for step in stage.steps if step.keyword == keyword and not step.onbuild]
    return steps[-1] if steps else None


def _shell_words(step: Step) -> list[str] | None:
    """The words of a shell-form CMD or ENTRYPOINT; None where it is not exactly one command of a known shell."""
    if step.shell_name not in of_kind("shell"):
        return None
    instruction = step.instruction
    script = parse(instruction.value, 0, instruction.value)
    if script.opaque or len(script.statements) != 1:
        return None
    (statement,) = script.statements
    if not isinstance(statement.node, Command):
        return None
    return [word.value if word.value is not None else word.text for word in invoked(statement.node)]

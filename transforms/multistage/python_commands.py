"""What a command of Python's tools comes to: a manager, an installer from the network, or the application itself."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.knowledge.python_environments import Installer, application_commands, installers
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.nodes import Word
from dfix.transforms.multistage.command_purpose import ClassifiedCommand
from dfix.transforms.multistage.runtime_stage import BuildStage

_SAVES = frozenset(("-o", "--output", "-O", "--remote-name"))
"""Options with which curl writes a file. For wget, `-O -` and `-qO-` print."""


def called(program: str, words: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The program and arguments that a command comes to: ("pip", ("install", "a")) for `python -m pip install a`."""
    if program.startswith("python") and words[:1] == ("-m",) and len(words) > 1:
        return words[1], words[2:]
    return program, words


def installer_of(words: tuple[Word, ...]) -> Installer | None:
    """The known installer that `curl` or `wget` prints; None for another command."""
    texts = [word.literal_or_text for word in words] or [""]
    if posixpath.basename(texts[0]) not in of_kind("downloads") or _SAVES.intersection(texts):
        return None
    return next((one for one in installers() for text in texts if text.rstrip("/") == one.url), None)


def is_piped_interpreter(words: tuple[Word, ...]) -> bool:
    """Whether a command is an interpreter that reads its program from a pipe (`python3 -`, `sh`, `bash -s`)."""
    program, *rest = (word.literal_or_text for word in words)
    name = posixpath.basename(program)
    return (name.startswith("python") or name in of_kind("shell")) and set(rest) <= {"-", "-s", "--"}


def check_pipes(build: BuildStage) -> None:
    """Raise LeaveAlone for an interpreter that does not get its program from a known installer."""
    for at, command in enumerate(build.commands):
        words = command.located.words
        if not words or not is_piped_interpreter(words):
            continue
        before = build.commands[at - 1] if at and build.commands[at - 1].step is command.step else command
        if installer_of(before.located.words) is None:
            line = command.step.instruction.line
            text = f"`{before.shortened}` on line {line} may create something the program needs"
            raise LeaveAlone("unknown-command", text)


def application_steps(build: BuildStage) -> Iterator[Step]:
    """The RUNs that make files only from the application's sources: `python manage.py collectstatic`, `cp a b`.

    After the last install, the runtime stage has all that they need.
    """
    for step in build.stage.steps:
        commands = [command for command in build.commands if command.step is step]
        others = [command for command in commands if command.purpose not in ("plain", "folder", "clean")]
        if others and all(map(_is_of_application, others)):
            yield step


def _is_of_application(command: ClassifiedCommand) -> bool:
    if command.program in of_kind("everywhere"):
        return True
    words = (command.program, *command.arguments)
    words = words[1:] if command.program.startswith("python") else words
    named = (posixpath.basename(words[0]), *words[1:2]) if words else ()
    return named in application_commands()

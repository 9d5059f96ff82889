"""The commands that an instruction runs, in a build or when a container starts, in every form."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import Located, located_in
from dfix.rewriter.shell.nodes import Command, Script, Statement, Word
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import invoked
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.model import Stage, Step

_COMMAND_OPTION = expression(r"-[a-z]*c")


class Started(NamedTuple):
    """A script and its commands; the script of an exec form is that one command."""

    script: Script
    commands: tuple[Located, ...]


def started_in_exec_form(step: Step, words: list[str]) -> Started:
    """What an exec form runs: `["npm", "ci"]`, or the script in `["sh", "-c", "npm ci"]`."""
    if len(words) == 3 and posixpath.basename(words[0]) in of_kind("shell") and _COMMAND_OPTION.fullmatch(words[1]):
        started = started_in_shell(step, words[2])
        if not started.script.opaque:
            return started
    span = step.instruction.value_span
    command = Command(span, (), tuple(Word(span, word, word) for word in words), ())
    commands = (Located(command, invoked(command), step.workdir, 0, 0, step.env),)
    return Started(Script(span, (Statement(span, command, ""),), (), ""), commands)


def started_in_shell(step: Step, text: str) -> Started:
    """What a shell runs as `sh -c TEXT`; nothing where the text cannot be parsed."""
    script = parse(text, 0, text)
    return Started(script, located_in(script, step.workdir, step.env))


def at_run_time(stage: Stage) -> Iterator[tuple[Step, Started]]:
    """What a container of a stage runs: its ENTRYPOINT with the CMD, and its HEALTHCHECK.

    They come from the stages that it builds on if it has none of its own (Dockerfile reference, "ENTRYPOINT").
    """
    entrypoint, cmd, check = (_last(stage, keyword) for keyword in ("ENTRYPOINT", "CMD", "HEALTHCHECK"))
    if entrypoint is not None and entrypoint.instruction.json is not None:
        arguments = () if cmd is None else cmd.instruction.json or ()
        words = [word.text for word in (*entrypoint.instruction.json, *arguments)]
        yield entrypoint, started_in_exec_form(entrypoint, words)
    for step in (entrypoint, cmd):
        if step is None:
            continue
        words = [word.text for word in step.instruction.json or ()]
        if words and step is cmd:
            yield step, started_in_exec_form(step, words)
        elif not words and step.shell_name in of_kind("shell"):
            yield step, started_in_shell(step, step.instruction.value)
    if check is not None and check.instruction.value.partition("CMD")[1]:
        yield check, _checked(check)


def _checked(step: Step) -> Started:
    command = step.instruction.value.partition("CMD")[2].strip()
    try:
        words = [str(word) for word in json_value(command)]
    except (ValueError, TypeError):
        return started_in_shell(step, command)
    return started_in_exec_form(step, words)


def _last(stage: Stage, keyword: str) -> Step | None:
    for ancestor in stage.ancestry():
        steps = [step for step in ancestor.steps if step.keyword == keyword and not step.onbuild]
        if steps:
            return steps[-1]
    return None

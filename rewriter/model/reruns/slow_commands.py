"""The commands of a Dockerfile that take time, and which of another version is the same."""

from __future__ import annotations

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.project import project_install
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects import command_cost
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.text.named_tuple import NamedTuple


class SlowCommand(NamedTuple):
    """A command that takes time, or a RUN that dfix doesn't read."""

    step: Step
    words: tuple[str, ...]
    shown: str
    installs: bool = False
    """Whether it fetches packages, or builds what would fetch them."""


def slow_commands(model: Model) -> list[SlowCommand]:
    """The commands that take time, in the order of the file."""
    found = []
    for step in (step for stage in model.stages for step in stage.steps if not step.onbuild):
        if step.keyword != "RUN":
            continue
        if step.script.opaque:
            text = " ".join(step.instruction.logical.split())
            found.append(SlowCommand(step, tuple(text.split()), text))
        for command in located(step):
            if command.words and command_cost(command).level == "slow":
                words = tuple(word.literal_or_text for word in command.words)
                found.append(SlowCommand(step, words, " ".join(words), is_install(command.words)))
    return found


def is_install(words: tuple[Word, ...]) -> bool:
    """Whether a command fetches packages, or compiles them as part of a build that would fetch them."""
    used = usage(words)
    if used is None:
        return False
    early = used.manager.prefetch
    builds = early is not None and used.subcommand is not None and used.subcommand.literal_or_text in early.builds
    return used.verb == "install" or builds or project_install(words) is not None


def same_commands(before: Model, after: Model) -> list[tuple[SlowCommand, SlowCommand | None]]:
    """Each slow command with the one that it is in the other version; None where that has no such command."""
    old, left = slow_commands(before), slow_commands(after)
    texts = {command.words for command in old}
    pairs: list[tuple[SlowCommand, SlowCommand | None]] = []
    for command in old:
        others = texts - {command.words}
        same = next((o for o in left if o.words not in others and is_made_of(command.words, o.words)), None)
        if same is not None:
            left.remove(same)
        pairs.append((command, same))
    return pairs


def is_made_of(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    """Whether a command is another one with words added: the same, or with more options."""
    words = iter(new)
    return old[0] == new[0] and all(word in words for word in old)

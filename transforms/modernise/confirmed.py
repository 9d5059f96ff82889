"""`-y` for installs that ask before they start: a build cannot answer, so that they end it or have nothing to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.confirmations import confirmation
from dfix.rewriter.model.cache_use import RunIndex
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered, left_alone
from dfix.transforms.modernise.command_place import ends_build, is_answered
from dfix.transforms.modernise.known_programs import KnownPrograms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change, Refusal
    from dfix.rewriter.knowledge.confirmations import Confirmation
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.cache_use import ManagerUse

_ANSWERS = expression(r"(?i)assume-?(?:yes|no)")
"""A setting on the command line that answers: `-o APT::Get::Assume-Yes=true`, `--setopt=assumeyes=1`."""


def confirmed(model: Model) -> Iterator[Change | Refusal]:
    """What becomes of each command that asks."""
    index, programs = RunIndex(), KnownPrograms(model)
    for stage in model.stages:
        for step in stage.steps:
            for use in index.of(step).uses if step.keyword == "RUN" and not step.onbuild else ():
                row = confirmation(program_name(use.located.words[0]))
                if row is None or not _asks(step, use, row):
                    continue
                try:
                    programs.check(step, use.located)
                    _must_succeed(step, use)
                except LeaveAlone as no:
                    yield left_alone(step.instruction, (row.check,), no)
                    continue
                assert use.usage.subcommand is not None
                end = use.usage.subcommand.span.end
                reason = f"`{shown(use.located)}` asks whether to go on, which nobody answers in a build"
                yield answered(step.instruction, (row.check,), (Edit(Span(end, end), " -y"),), reason)


def _asks(step: Step, use: ManagerUse, row: Confirmation) -> bool:
    usage = use.usage
    if usage.subcommand is None or usage.subcommand.value not in row.commands or usage.asks:
        return False
    if is_answered(step.script, use.located.command) or any(_ANSWERS.search(word.text) for word in usage.words):
        return False
    given = [option.name for option in usage.options]
    return not row.answered.intersection(given) and given.count("-q") < 2 and "-q=2" not in _texts(use)


def _texts(use: ManagerUse) -> list[str]:
    return [word.text for word in use.usage.words]


def _must_succeed(step: Step, use: ManagerUse) -> None:
    """Raise LeaveAlone unless the build ends where the command fails; else it may go on without the packages today."""
    if not ends_build(step, use.located.command):
        text = f"The build may go on after `{shown(use.located)}`, which installs nothing without -y, as it is"
        raise LeaveAlone("no-errexit", text)

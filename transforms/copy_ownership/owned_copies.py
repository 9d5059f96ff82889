"""What becomes of each `chown` and `chmod` of copied files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.given_owner import given_owner
from dfix.transforms.copy_ownership.edits import edits
from dfix.transforms.copy_ownership.file_modes import mode_plan
from dfix.transforms.copy_ownership.mode_edits import mode_edits
from dfix.transforms.copy_ownership.plan import plan
from dfix.transforms.copy_ownership.rule import CONTRACT, NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.model import Model, Step
    from dfix.transforms.copy_ownership.plan import Plan


def owned_copies(model: Model) -> Iterator[Change | Refusal]:
    """What becomes of each `chown` and `chmod` in the stages that ship."""
    for stage in model.stages:
        steps = [step for step in stage.steps if not step.onbuild] if stage.ships else []
        copied = False
        for step in steps:
            copied = copied or step.keyword in ("COPY", "ADD")
            if copied and step.keyword == "RUN" and "chown" in step.source_text:
                yield from _owners(model, step)
            if copied and step.keyword == "RUN" and "chmod" in step.source_text:
                yield from _modes(model, step)


def _owners(model: Model, step: Step) -> Iterator[Change | Refusal]:
    offset = step.instruction.span.start
    for command in located(step):
        given = given_owner(command)
        if given is None:
            continue
        try:
            found = plan(model, step, command, given)
            if found is not None:
                yield Change(NAME, offset, edits(model, step, found), _reason(found), CONTRACT)
        except LeaveAlone as no:
            yield Refusal(NAME, offset, *no.reason)


def _modes(model: Model, step: Step) -> Iterator[Change | Refusal]:
    offset = step.instruction.span.start
    for command in located(step):
        try:
            found = mode_plan(model, step, command)
            if found is not None:
                reason = f"`{shown(command)}` stores copied files a second time; now they are copied with their mode"
                yield Change(NAME, offset, mode_edits(model, step, found), reason, CONTRACT)
        except LeaveAlone as no:
            yield Refusal(NAME, offset, *no.reason)


def _reason(found: Plan) -> str:
    copies = "the COPY gives" if len(found.copies) == 1 else f"{len(found.copies)} COPYs give"
    return f"`{shown(found.command)}` stores the copied files a second time; now {copies} them their owner"

"""What becomes of the RUNs of a stage: the change of each merge, and why the others stay separate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.transforms.merge_runs.groups import KeptSeparate, Merge, kept_in_build_stage, merges
from dfix.transforms.merge_runs.rule import NAME

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Stage
    from dfix.rewriter.neighbours.run_summary import RunSummary

_MOST_NAMED = 5


def merge_runs(model: Model, stages: Sequence[Stage]) -> Iterator[Change | Refusal]:
    """The merges in stages, and why other RUNs stay separate."""

    @cache
    def usual() -> str:
        from dfix.rewriter.neighbours.joined_run import usual_break_of

        return usual_break_of(model)

    for stage in stages:
        for answer in merges(stage) if stage.ships else kept_in_build_stage(stage):
            if isinstance(answer, KeptSeparate):
                yield Refusal(NAME, answer.step.instruction.span.start, *answer.reason)
            else:
                yield _change(usual, answer)


def _change(usual: Callable[[], str], merge: Merge) -> Change:
    from dfix.rewriter.neighbours.joined_run import joined_run  # few RUNs are merged

    joined = joined_run(merge.runs, usual)
    return Change(NAME, merge.runs[0].step.instruction.span.start, joined.edits, _reason(merge), joined.contract)


def _reason(merge: Merge) -> str:
    """Why the RUNs are merged; more than two are named by their first programs."""
    count = len(merge.runs)
    reasons = "; ".join(merge.reasons[:2])
    if count == 2:
        return reasons
    named = ", ".join(f"`{_program(run)}`" for run in merge.runs[:_MOST_NAMED])
    more = f" and {count - _MOST_NAMED} more" if count > _MOST_NAMED else ""
    if all(run.quick for run in merge.runs):
        return f"{count} quick RUNs ({named}{more}) become one; none needs a layer of its own"
    return f"{count} RUNs ({named}{more}) become one: {reasons}"


def _program(run: RunSummary) -> str:
    """The program that stands for a RUN: that of its command which messages show."""
    command = run.commands[run.representative].command
    return (command.words or command.assigns)[0].text.partition("\n")[0]

"""Which neighbouring RUNs of a stage become one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.model.temporary_packages import MOST_BETWEEN
from dfix.rewriter.neighbours.removal import may_undo, removes_packages
from dfix.rewriter.neighbours.run_summary import RunSummary, unreadable
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.merge_runs.benefit import Benefit, benefit, benefit_of_several
from dfix.transforms.merge_runs.kept_separate import removes_too_late

if TYPE_CHECKING:
    from dfix.rewriter.model import Stage, Step


class Merge(NamedTuple):
    """Neighbours that become one RUN."""

    runs: tuple[RunSummary, ...]
    """In source order."""
    reasons: tuple[str, ...]
    """Why they are merged, each reason once."""


class KeptSeparate(NamedTuple):
    """A RUN that is not merged into its predecessor."""

    step: Step
    reason: Reason


def merges(stage: Stage) -> Iterator[Merge | KeptSeparate]:
    """Every merge of a stage's RUNs, and why each RUN that follows another one directly is not merged into it."""
    earlier: list[RunSummary] = []
    neighbours: list[RunSummary] = []
    previous: Step | None = None
    for step in stage.steps:
        if step.keyword != "RUN" or step.onbuild:
            yield from _among(earlier, neighbours)
            earlier, neighbours, previous = earlier + neighbours, [], None
            continue
        problem = unreadable(step)
        if previous is not None:
            reason = problem or unreadable(previous)
            if reason is not None:
                yield KeptSeparate(step, reason)
        if problem is not None:
            yield from _among(earlier, neighbours)
            earlier, neighbours = earlier + neighbours, []
        else:
            neighbours.append(RunSummary(step))
        previous = step
    yield from _among(earlier, neighbours)


def kept_in_build_stage(stage: Stage) -> Iterator[KeptSeparate]:
    """Why the RUNs of a stage that does not ship are not merged, each with the one before it."""
    known: RunSummary | None = None
    for first, second in pairwise(stage.steps):
        if not all(step.keyword == "RUN" and not step.onbuild for step in (first, second)):
            continue
        reason = unreadable(first) or unreadable(second)
        if reason is None:
            before = known if known is not None and known.step is first else RunSummary(first)
            known = RunSummary(second)
            answer = attempt(benefit, before, known)
            reason = _not_shipped(stage) if isinstance(answer, Benefit) else answer
        yield KeptSeparate(second, reason)


def _not_shipped(stage: Stage) -> Reason:
    name = f"the stage `{stage.name}`" if stage.name else f"the stage on line {stage.instruction.line}"
    return Reason("not-shipped", f"{name} does not ship, so fewer layers there save nothing")


def _among(earlier: list[RunSummary], runs: list[RunSummary]) -> Iterator[Merge | KeptSeparate]:
    """What becomes of neighbouring RUNs; `earlier` are those of the stage that come before them."""
    if not runs:
        return
    late = removes_too_late(earlier, runs[0])
    if late is not None:
        yield KeptSeparate(runs[0].step, late)
    group = [runs[0]]
    reasons: list[str] = []
    for at, (run, answer) in enumerate(zip(runs[1:], _benefits(runs), strict=True), 1):
        refusal = _joined(group, run, answer) if isinstance(answer, Benefit) else answer
        if isinstance(answer, Benefit) and refusal is None:
            group.append(run)
            reasons.append(answer.reason)
            continue
        if refusal is not None:
            late = removes_too_late([*earlier, *runs[:at]], run) if isinstance(answer, Reason) else None
            yield KeptSeparate(run.step, late or refusal)
        yield from _merge(group, reasons)
        group, reasons = [run], []
    yield from _merge(group, reasons)


def _benefits(runs: list[RunSummary]) -> list[Benefit | Reason]:
    """For each pair of neighbours why merging helps, or why they are kept separate.

    All pairs from an install to the removal of its packages get the benefit of them together, although the pairs alone
    would stay separate; so do those of download, unpack, remove.
    """
    answers = [attempt(benefit, first, second) for first, second in pairwise(runs)]
    for last in range(2, len(runs)):
        joins = isinstance(answers[last - 1], Benefit)
        if not may_undo(runs[last]) or (joins and removes_packages(runs[last - 1], runs[last])):
            continue
        for first in range(last - 2, max(-1, last - 2 - MOST_BETWEEN), -1):
            if joins and not removes_packages(runs[first], runs[last]):
                continue  # the last two become one anyway; only packages are worth more
            together = benefit_of_several(runs[first : last + 1])
            if together is not None:
                answers[first:last] = [
                    answer if isinstance(answer, Benefit) else together for answer in answers[first:last]
                ]
                break
    return answers


def _joined(group: list[RunSummary], run: RunSummary, gain: Benefit) -> Reason | None:
    """Why a RUN cannot join the ones before it; None where it can."""
    from dfix.rewriter.neighbours.joining import may_join  # with much that is only needed here

    return attempt(may_join, group, run, saves=gain.saves)


def _merge(group: list[RunSummary], reasons: list[str]) -> Iterator[Merge]:
    if len(group) < 2:
        return
    yield Merge(tuple(group), tuple(dict.fromkeys(reasons)))

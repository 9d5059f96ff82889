"""Which RUNs of a stage move above which COPY, and why others stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.build import used_stages
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.paths import is_address
from dfix.rewriter.model.stage import METADATA
from dfix.rewriter.model.temporary_packages import removed_later
from dfix.rewriter.neighbours.destination import own_destination
from dfix.rewriter.neighbours.early_run import EarlyRun, costly, early_run
from dfix.rewriter.neighbours.independent import check_folder, check_independent
from dfix.rewriter.neighbours.told_paths import ToldPaths
from dfix.rewriter.text.named_tuple import NamedTuple

_MOST_RUNS = 100
_MOST_COPIES = 60
"""A stage with more is left alone: each RUN is compared with each COPY. The numbers are a choice."""


class MovedRuns(NamedTuple):
    """RUNs that go above a COPY, in their order."""

    copy: Step
    runs: tuple[EarlyRun, ...]


class Stays(NamedTuple):
    """A RUN that would save time above a COPY, and why it stays below."""

    step: Step
    reason: Reason


class _Planned(NamedTuple):
    run: EarlyRun
    copy: Step


def moves(model: Model, stage: Stage) -> Iterator[MovedRuns | Stays]:
    """Every move in a stage, and why other installs and downloads below a COPY stay there."""
    planned: dict[int, _Planned] = {}
    stays: list[Stays] = []
    told = ToldPaths()
    below = False
    keywords = Counter(step.keyword for step in stage.steps)
    if keywords["RUN"] > _MOST_RUNS or keywords["COPY"] + keywords["ADD"] > _MOST_COPIES:
        return
    for step in stage.steps:
        below = below or changes_with_sources(model, step)
        if step.keyword != "RUN" or step.onbuild or not below:
            continue
        found = attempt(_plan, model, step, planned, told)
        if isinstance(found, _Planned):
            planned[step.index] = found
        elif found is not None and costly(step):
            stays.append(Stays(step, found))
    kept = _worth_it(planned)
    for index in sorted({plan.copy.index for plan in kept}):
        runs = tuple(plan.run for plan in kept if plan.copy.index == index)
        yield MovedRuns(stage.steps[index], runs)
    yield from stays


def changes_with_sources(model: Model, step: Step) -> bool:
    """Whether a step is a COPY or ADD of the build context, or of a stage: what no edit of a source changes is none."""
    if step.onbuild or step.keyword not in ("COPY", "ADD") or step.instruction.heredocs:
        return False
    if step.instruction.flag("from") is not None:
        return bool(used_stages(step, model.stages))
    return not any(is_address(word.text) for word in step.instruction.words[:-1])


def _plan(model: Model, step: Step, planned: dict[int, _Planned], told: ToldPaths) -> _Planned | None:
    """How far up a RUN may go. Raises LeaveAlone with the first obstacle where that is below the nearest COPY."""
    run: EarlyRun | None = None
    found: Step | None = None
    limit = 0
    try:
        for other in reversed(step.stage.steps[: step.index]):
            if other.onbuild or other.keyword in METADATA:
                continue
            if other.index < limit:
                break
            if other.index in planned:  # it moves as well, and stays above this one
                limit = max(limit, planned[other.index].copy.index)
                continue
            run = run or _alone(early_run(model, step))
            _check_pass(run, other, told, model.context)
            if changes_with_sources(model, other):
                found = other
    except LeaveAlone:
        if found is None:
            raise
    return None if found is None or run is None else _Planned(run, found)


def _alone(run: EarlyRun) -> EarlyRun:
    """The RUN. Raises LeaveAlone where a later one removes its packages: both belong in one RUN."""
    removal = removed_later(run.step)
    if removal is None:
        return run
    removing = f"`{shown(removal.command)}` on line {removal.line}"
    reason = f"{removing} removes packages that line {removal.installed_on} installs, which only saves space in one RUN"
    raise LeaveAlone("late-removal", reason, "install, use and remove them in one RUN, as merge-runs does")


def _check_pass(run: EarlyRun, other: Step, told: ToldPaths, context: Context | None) -> None:
    """Raises LeaveAlone where a RUN may not go above a step that stays."""
    line = other.instruction.line
    if other.keyword in ("COPY", "ADD"):
        check_independent(run, other, own_destination(other), told, context)
    elif other.keyword == "WORKDIR":
        check_folder(run, other)
    elif other.keyword == "RUN":
        reason = f"the RUN on line {line} is between the copy and `{run.title}`, and may change what that finds"
        raise LeaveAlone("run-between", reason, "move the RUN above the copy yourself, if it needs nothing of both")
    else:
        reason = f"the {other.keyword} on line {line} is between the copy and `{run.title}`, which sees what it sets"
        raise LeaveAlone("in-between", reason, f"move the {other.keyword} above the copy, or below the RUN")


def _worth_it(planned: dict[int, _Planned]) -> list[_Planned]:
    """The moves with which something slow moves, in the order of the file.

    A quick RUN goes along where a slow one of the same group does, so that both stay neighbours, or where a later one
    passes it.
    """
    plans = list(planned.values())
    slow = {plan.copy.index for plan in plans if plan.run.title}
    kept: list[_Planned] = []
    for plan in reversed(plans):
        passed = any(later.copy.index < plan.run.step.index for later in kept)
        if passed or (plan.copy.index in slow and plan.run.leaves_files):
            kept.append(plan)
    return kept[::-1]

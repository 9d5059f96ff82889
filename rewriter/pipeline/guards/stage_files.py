"""The files with which the stages of two texts end, and those that their commands find, compared."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.copied import Copied, Unclear, copied
from dfix.rewriter.pipeline.guards.found_files import (
    Differences,
    check_added,
    check_command,
    differences_of,
    replaces_one,
)
from dfix.rewriter.pipeline.guards.kept_copies import nothing_gone, same_end
from dfix.rewriter.pipeline.guards.mounted import without_mounted
from dfix.rewriter.pipeline.guards.order import differing_gaps, matched
from dfix.rewriter.pipeline.guards.repaired import not_only_repaired
from dfix.rewriter.pipeline.guards.stage_pair import Pair, WrongError
from dfix.rewriter.pipeline.guards.trace import Trace, trace


def difference(before: Model, after: Model, context: Context, *, new_image: bool, repairs: bool) -> str:
    """What is wrong with `after`, as in `same_files`."""
    known: dict[tuple[object, ...], Copied | Unclear] = {}

    def look_up(step: Step) -> Copied | Unclear:
        instruction = step.instruction
        flags = [flag.name for flag in instruction.flags]
        key = (step.keyword, step.workdir, *(step.expand(word.text) for word in instruction.words), *flags)
        if instruction.heredocs or key not in known:
            known[key] = copied(step, context)
        return known[key]._replace(step=step)

    def traces(stages: Iterable[Stage]) -> list[Trace]:
        return _traces(stages, look_up, context)

    try:
        if new_image:
            first, second = ([put for one in traces(model.stages) for put in one.puts] for model in (before, after))
            nothing_gone(first, second)
            return ""
        if len(before.stages) != len(after.stages):
            raise WrongError(f"it has {len(after.stages)} stages instead of {len(before.stages)}")
        if repairs:
            stages = zip(traces(before.stages), traces(after.stages), strict=True)
            return next((wrong for pair in stages if (wrong := not_only_repaired(*pair, context))), "")
        changed = _changed(before, after)
        pairs = map(Pair, traces(one for one, _ in changed), traces(other for _, other in changed))
        for (one, other), pair in zip(changed, pairs, strict=True):
            _check(Pair(without_mounted(pair.before, one, other), pair.after), context)
    except WrongError as wrong:
        return str(wrong)
    return ""


def _changed(before: Model, after: Model) -> list[tuple[Stage, Stage]]:
    """The stages that differ, or that build on one that does."""
    changed: list[tuple[Stage, Stage]] = []
    for pair in zip(before.stages, after.stages, strict=True):
        if differing_gaps(*pair) != set() or any(stage.parent in known for stage in pair for known in changed):
            changed.append(pair)
    return changed


def _traces(stages: Iterable[Stage], look_up: Callable[[Step], Copied | Unclear], context: Context) -> list[Trace]:
    """What each of the stages does."""
    found: dict[Stage, Trace] = {}

    def traced(stage: Stage) -> Trace:
        if stage not in found:
            found[stage] = trace(stage, None if stage.parent is None else traced(stage.parent), look_up, context)
        return found[stage]

    return [traced(stage) for stage in stages]


def _check(pair: Pair, context: Context) -> None:
    """Raises WrongError where a stage does not end or run with the same files."""
    before, after = pair
    nothing_gone(before.puts, after.puts)
    same_end(before.puts, after.puts, context)
    pairs = list(matched(before.runs, after.runs))
    answers: dict[tuple[int, int], Differences | None] = {}
    for one, other in pairs:
        key = (before.before(one), after.before(other))
        if key not in answers:
            answers[key] = differences_of(pair, *key, context)
        if (differences := answers[key]) is not None:
            check_command(one, differences)
    known = {id(ran) for both in pairs for ran in both}
    gone = [ran for ran in before.runs.commands if id(ran) not in known]
    for ran in after.runs.commands:
        if id(ran) not in known and not replaces_one(pair, gone, ran, context):
            check_added(pair, pairs, ran, context)

"""Where the instructions go that stand between RUNs that become one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.layout.copy_lines import block
from dfix.rewriter.model.paths import is_address
from dfix.rewriter.model.stage import METADATA
from dfix.rewriter.neighbours.destination import own_destination
from dfix.rewriter.neighbours.early_run import early_run
from dfix.rewriter.neighbours.independent import check_independent
from dfix.rewriter.neighbours.told_paths import ToldPaths
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.late_removal.rare_edits import changes_rarely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.neighbours.run_summary import RunSummary
    from dfix.rewriter.text.source import Span


_HINT = "build in a stage of its own, and copy the result"


class Moves(NamedTuple):
    """What goes above the joined RUN, and what below it, each in the order of the file."""

    above: tuple[Step, ...]
    below: tuple[Step, ...]
    spans: tuple[Span, ...]
    """Where these are today, with their comments."""


def moves_of(model: Model, runs: Sequence[RunSummary], between: Sequence[Step]) -> Moves:
    """Where everything between the RUNs goes. Raises LeaveAlone for what has to stay between.

    Copies go below if no later RUN needs them, so that editing their files repeats less than today. Otherwise they go
    above, where the RUN would make nothing else for them and their files change rarely.
    """
    copies = [step for step in between if step.keyword in ("COPY", "ADD") and not step.onbuild]
    for step in between:
        if step not in copies and (step.onbuild or step.keyword not in METADATA):
            _stays(step)
    metadata = [step for step in between if step not in copies]
    spans = tuple(block(model.tree, step.instruction).span for step in between)
    if isinstance(attempt(_check_below, model, runs, copies), Reason):
        _check_above(model, runs, copies)
        return Moves(tuple(copies), tuple(metadata), spans)
    return Moves((), tuple(between), spans)


def _stays(step: Step) -> None:
    name = "ONBUILD" if step.onbuild else step.keyword
    reason = f"the {name} on line {step.instruction.line} is between the two, and the RUN below it sees what it sets"
    raise LeaveAlone("in-between", reason, f"move the {name} above both RUNs if the first may see it, too")


def _check_below(model: Model, runs: Sequence[RunSummary], copies: Sequence[Step]) -> None:
    """Raise LeaveAlone where a RUN that comes after one of the copies may see it."""
    told = ToldPaths()
    for copy in copies:
        destination = own_destination(copy)
        for run in runs:
            if run.step.index > copy.index:
                check_independent(early_run(model, run.step), copy, destination, told, model.context)


def _check_above(model: Model, runs: Sequence[RunSummary], copies: Sequence[Step]) -> None:
    """Raise LeaveAlone where a RUN that comes before one of the copies may see it, or would run again too often."""
    told = ToldPaths()
    for copy in copies:
        line = copy.instruction.line
        before = [run for run in runs if run.step.index < copy.index]
        if len(before) > 1 or copy.instruction.flag("from") or not all(map(changes_rarely, _sources(copy))):
            edit = f"each edit of what the {copy.keyword} on line {line} brings"
            raise LeaveAlone("re-runs", f"in one RUN, `{before[0].title}` would run again with {edit}", _HINT)
        destination = own_destination(copy)
        for run in before:
            check_independent(early_run(model, run.step), copy, destination, told, model.context)


def _sources(copy: Step) -> list[str | None]:
    if copy.instruction.heredocs:
        return []
    return [None if source is None or is_address(source) else source for source in copy.sources]

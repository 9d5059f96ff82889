"""What becomes of the RUNs of a stage: the change of each merge, and why the others stay separate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.transforms.merge_runs.groups import KeptSeparate, Merge, kept_in_build_stage, merges
from dfix.transforms.merge_runs.rule import CONTRACT, NAME

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model, Stage
    from dfix.rewriter.shell.nodes import Script


def merge_runs(model: Model, stages: Sequence[Stage]) -> Iterator[Change | Refusal]:
    """The merges in stages, and why other RUNs stay separate."""

    @cache
    def usual() -> str:
        from dfix.rewriter.layout.join import usual_break

        return usual_break(_scripts(model))

    for stage in stages:
        for answer in merges(stage) if stage.ships else kept_in_build_stage(stage):
            if isinstance(answer, KeptSeparate):
                yield Refusal(NAME, answer.step.instruction.span.start, *answer.reason)
            else:
                yield _change(usual, answer)


def _change(usual: Callable[[], str], merge: Merge) -> Change:
    from dfix.rewriter.layout.join import Element, join  # few RUNs are merged
    from dfix.transforms.merge_runs.cache_removals import (
        Ending,
        breaks_before_clean_up,
        caches_of,
        ending,
        uses_caches,
    )

    last = len(merge.runs) - 1
    elements: list[Element] = []
    removals: list[str] = []
    contract: Contract = CONTRACT
    for index, (run, wrap) in enumerate(zip(merge.runs, merge.wraps, strict=True)):
        end = ending(merge.runs, index) if index < last else Ending(0, ())
        removals += end.commands
        if end.commands and any(uses_caches(other, caches_of(run)) for other in merge.runs[index + 1 :]):
            contract = "same-but-caches"  # `apt-get purge` makes an empty folder anew in lists that are gone
        cut = max(wrap.cut, end.cut)
        breaks = breaks_before_clean_up(run, cut)
        elements.append(Element(run.step.instruction, run.step.script, wrap.opening, wrap.closing, cut, breaks))
    edits = join(elements, usual, removals)
    return Change(NAME, elements[0].instruction.span.start, edits, _reason(merge), contract)


def _reason(merge: Merge) -> str:
    """Why the RUNs are merged; of many quick ones no commands are named."""
    count = len(merge.runs)
    reasons = "; ".join(merge.reasons[:2])
    if count == 2:
        return reasons
    if all(run.quick for run in merge.runs):
        return f"{count} quick RUNs become one; none needs a layer of its own"
    return f"{count} RUNs become one: {reasons}"


def _scripts(model: Model) -> Iterator[tuple[Instruction, Script]]:
    """Every RUN of the file, from which the usual layout is taken."""
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword == "RUN" and not step.script.opaque and not step.instruction.heredocs:
                yield step.instruction, step.script

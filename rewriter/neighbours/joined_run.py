"""The edits that make one RUN of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.layout.join import Element, join, usual_break
from dfix.rewriter.neighbours.cache_removals import Ending, breaks_before_clean_up, caches_of, ending, uses_caches
from dfix.rewriter.neighbours.shell_isolation import wraps
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model
    from dfix.rewriter.neighbours.run_summary import RunSummary
    from dfix.rewriter.shell.nodes import Script
    from dfix.rewriter.text.source import Span


class JoinedRun(NamedTuple):
    """What makes one RUN of several."""

    edits: tuple[Edit, ...]
    contract: Contract
    """What that promises."""


def joined_run(runs: Sequence[RunSummary], usual: Callable[[], str], moved: Sequence[Span] = ()) -> JoinedRun:
    """One RUN of neighbours that may join (`may_join`). `usual` is asked for the file's line break at `&&`.

    What is `moved` from between them is written elsewhere.
    """
    elements: list[Element] = []
    removals: list[str] = []
    contract: Contract = "same-image"
    # wraps does not raise here, because may_join has called wrap for each of them
    for index, (run, isolated) in enumerate(zip(runs, wraps([run.step for run in runs]), strict=True)):
        end = ending(runs, index) if index + 1 < len(runs) else Ending(0, ())
        removals += end.commands
        if end.commands and any(uses_caches(other, caches_of(run)) for other in runs[index + 1 :]):
            contract = "same-but-caches"  # `apt-get purge` makes an empty folder anew in lists that are gone
        cut = max(isolated.cut, end.cut)
        breaks = breaks_before_clean_up(run, cut)
        elements.append(Element(run.step.instruction, run.step.script, isolated.opening, isolated.closing, cut, breaks))
    return JoinedRun(join(elements, usual, removals, moved), contract)


def usual_break_of(model: Model) -> str:
    """The most common line break at `&&` in a file."""
    return usual_break(_scripts(model))


def _scripts(model: Model) -> Iterator[tuple[Instruction, Script]]:
    """Every RUN of the file, from which the usual layout is taken."""
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword == "RUN" and not step.script.opaque and not step.instruction.heredocs:
                yield step.instruction, step.script

"""Which neighbouring RUNs of a stage become one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.transforms.merge_runs.benefit import Gain, gain, gain_of_three
from dfix.transforms.merge_runs.image_state import keeps_mounts, stays_the_same
from dfix.transforms.merge_runs.run_summary import Work
from dfix.transforms.merge_runs.shell_isolation import (
    Wrap,
    finds_the_same_programs,
    leaves_nothing,
    needs_nothing,
    starts_plainly,
    wrap,
)

if TYPE_CHECKING:
    from dfix.rewriter.model import Stage, Step

MOST_LINES = 40
"""A RUN of more lines is hard to read, and hard to find the fault in when it fails."""

_COMMENT_LINE = re.compile(r"\n\s*#")


class Merge(NamedTuple):
    """Neighbours that become one RUN, in order, with what goes around each script."""

    works: tuple[Work, ...]
    wraps: tuple[Wrap, ...]
    reasons: tuple[str, ...]


class Apart(NamedTuple):
    """A RUN that is not merged into its predecessor."""

    step: Step
    why: Reason


def merges(stage: Stage) -> Iterator[Merge | Apart]:
    """Every merge of a stage's RUNs, and why the other neighbours stay apart."""
    row: list[Step] = []
    for step in stage.steps:
        if _may_merge(step):
            row.append(step)
            continue
        yield from _in_row(row)
        row = []
    yield from _in_row(row)


def _may_merge(step: Step) -> bool:
    instruction = step.instruction
    if instruction.keyword != "RUN" or step.onbuild or instruction.heredocs or instruction.json is not None:
        return False
    return not step.script.opaque and bool(step.script.statements)


def _in_row(row: list[Step]) -> Iterator[Merge | Apart]:
    if len(row) < 2:
        return
    works = [Work(step) for step in row]
    group = [works[0]]
    reasons: list[str] = []
    for work, found in zip(works[1:], _gains(works), strict=True):
        why = attempt(_may_join, group, work) if isinstance(found, Gain) else found
        if isinstance(found, Gain) and why is None:
            group.append(work)
            reasons.append(found.reason)
            continue
        if why is not None:
            yield Apart(work.step, why)
        yield from _merge(group, reasons)
        group, reasons = [work], []
    yield from _merge(group, reasons)


def _gains(works: list[Work]) -> list[Gain | Reason | None]:
    found = [attempt(gain, first, second) for first, second in pairwise(works)]
    for index in range(1, len(found)):
        if not isinstance(found[index], Gain):
            three = gain_of_three(works[index - 1], works[index], works[index + 1])
            if three is not None:
                found[index - 1 : index + 1] = [three, three]
    return found


def _merge(group: list[Work], reasons: list[str]) -> Iterator[Merge]:
    if len(group) < 2:
        return
    # none raises: _may_join has asked
    wraps = [wrap(work.step, is_last=index == len(group) - 1) for index, work in enumerate(group)]
    yield Merge(tuple(group), tuple(wraps), tuple(dict.fromkeys(reasons)))


def _may_join(group: list[Work], work: Work) -> None:
    """Raise LeaveAlone where a RUN does not join the ones before it, although something would be gained."""
    last, step = group[-1].step, work.step
    for span in (*last.script.comments, *step.script.comments):
        comment = step.instruction.text[span.start : span.end][:40]
        raise LeaveAlone("comment", f"`{comment}` ends a script and would take in what follows")
    _same_flags(last, step)
    starts_plainly(step)
    keeps_mounts(step)
    _one_shell(group, work)
    text = step.instruction.text
    if _COMMENT_LINE.search(text, last.script.span.end, step.script.span.start):
        raise LeaveAlone("comment", "a comment between the two RUNs parts them on purpose")
    start, end = group[0].step.script.span.start, step.script.span.end
    if text.count("\n", start, end) >= MOST_LINES:
        raise LeaveAlone("too-long", f"the RUN would have more than {MOST_LINES} lines")


def _one_shell(group: list[Work], work: Work) -> None:
    last, step = group[-1], work.step
    leaves_nothing(last.step)
    stays_the_same(last)
    needs_nothing(step)
    for earlier in group:
        finds_the_same_programs(earlier, work)
    wrap(last.step, is_last=False)
    wrap(step, is_last=True)


def _same_flags(first: Step, second: Step) -> None:
    one, other = ([(flag.name, flag.value) for flag in step.instruction.flags] for step in (first, second))
    if one == other:
        return
    for name, value in (*one, *other):
        if (name, value) not in one or (name, value) not in other:
            shown = f"--{name}" if value is None else f"--{name}={value}"
            raise LeaveAlone("flags-differ", f"only one of the two RUNs has `{shown}`")
    raise LeaveAlone("flags-differ", "the two RUNs have their flags in another order")

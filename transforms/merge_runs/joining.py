"""Whether a RUN can join the ones before it and still do the same."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.transforms.merge_runs.image_state import keeps_mounts, stays_the_same
from dfix.transforms.merge_runs.shell_isolation import (
    finds_the_same_programs,
    leaves_nothing,
    needs_nothing,
    starts_plainly,
    wrap,
)

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.transforms.merge_runs.run_summary import RunSummary

MOST_LINES = 100
"""A longer RUN is hard to read, and hard to debug when it fails."""

_COMMENT_LINE = re.compile(r"\n[^\S\n]*#")


def may_join(group: list[RunSummary], run: RunSummary) -> None:
    """Raise LeaveAlone where a RUN cannot join the ones before it, although that would be an improvement."""
    last, step = group[-1].step, run.step
    for span in (*last.script.comments, *step.script.comments):
        comment = step.instruction.text[span.start : span.end][:40]
        raise LeaveAlone("comment", f"`{comment}` would comment out the commands that follow it in one RUN")
    _same_flags(last, step)
    starts_plainly(step)
    keeps_mounts(step)
    _share_a_shell(group, run)
    text = step.instruction.text
    if _COMMENT_LINE.search(text, last.script.span.end, step.script.span.start):
        raise LeaveAlone("comment", "the comment between the two RUNs seems to separate them on purpose")
    start, end = group[0].step.script.span.start, step.script.span.end
    if text.count("\n", start, end) >= MOST_LINES:
        raise LeaveAlone("too-long", f"the merged RUN would have more than {MOST_LINES} lines")


def _share_a_shell(group: list[RunSummary], run: RunSummary) -> None:
    """Raise LeaveAlone where a script would do something else in the shell and container of the ones before it."""
    last, step = group[-1], run.step
    leaves_nothing(last.step)
    stays_the_same(last)
    needs_nothing(step)
    for earlier in group:
        finds_the_same_programs(earlier, run)
    wrap(last.step, step)
    wrap(step, None)


def _same_flags(first: Step, second: Step) -> None:
    earlier, later = ([(flag.name, flag.value) for flag in step.instruction.flags] for step in (first, second))
    if earlier == later:
        return
    for name, value in (*earlier, *later):
        if (name, value) not in earlier or (name, value) not in later:
            shown = f"--{name}" if value is None else f"--{name}={value}"
            raise LeaveAlone("flags-differ", f"only one of the two RUNs has `{shown}`")
    raise LeaveAlone("flags-differ", "the two RUNs have the same flags in a different order")

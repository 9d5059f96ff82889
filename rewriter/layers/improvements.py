"""What dfix's result gains: commands that run again less often, and layers that a build has measured to be smaller."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.layers.history_text import duration, shortened
from dfix.rewriter.layers.opened import Opened
from dfix.rewriter.layers.past import Past
from dfix.rewriter.measured.records import Took, kept, keys
from dfix.rewriter.model import Step
from dfix.rewriter.model.reruns.slow_commands import same_commands
from dfix.rewriter.report.change_groups import ChangeGroup
from dfix.rewriter.report.sizes import counted, size
from dfix.rewriter.report.worth import Worth

LEAST_SAVED = 100_000
"""Bytes below which nothing is said: two builds of the same file differ by as much."""
_LONGEST = 50


def improvements(before: Opened, after: Opened, groups: Sequence[ChangeGroup], past: Past | None) -> Iterator[Worth]:
    """What is worth saying beside each change; `past` replaces the number of files where it is known."""
    yield from _reruns(before, after) if past is None else _builds(before, past)
    yield from _bytes(before, after, groups)


def _reruns(before: Opened, after: Opened) -> Iterator[Worth]:
    """Slow commands that fewer files of the build context make run again."""
    old, new = before.reruns.files(), after.reruns.files()
    for command, same in same_commands(before.model, after.model):
        if same is None or command.step not in old:
            continue
        was, now = old[command.step].number, new[same.step].number if same.step in new else 0
        if now < was:
            yield _worth(command.step, f"`{shortened(command.shown, _LONGEST)}` {_when(now, was)}")


def _when(now: int, was: int) -> str:
    if not now:
        return "is no longer re-run by files of the build context"
    return f"is re-run by {counted(now, 'file')} of the build context instead of {was:,}"


def _builds(before: Opened, past: Past) -> Iterator[Worth]:
    """Slow commands that would have run in fewer of the last builds."""
    steps = {step.instruction.line: step for step, _ in keys(before.model)}
    for row in past.commands:
        if row.before is None or row.after is None or row.after >= row.before:
            continue
        saved = f", which saves {duration(row.saved)}" if row.saved and row.saved > 0 else ""
        builds = f"{row.before} → {row.after} of the last {counted(past.builds, 'build')}"
        yield _worth(steps[row.line], f"`{shortened(row.command, _LONGEST)}`: {builds}{saved}")


def _bytes(before: Opened, after: Opened, groups: Sequence[ChangeGroup]) -> Iterator[Worth]:
    """Changed instructions of which `dfix verify` has measured the layers, before and after."""
    record = kept(before.source.path)
    if not record:
        return
    old, new = _sizes(before, record), _sizes(after, record)
    for group in groups:
        was = [found for hunk in group.hunks for found in _within(old, hunk.line, len(hunk.old))]
        now = [found for hunk in group.hunks for found in _within(new, hunk.line_after, len(hunk.new))]
        if None in was or None in now or not was:
            continue
        saved = sum(filter(None, was)) - sum(filter(None, now))
        if saved >= LEAST_SAVED:
            first = group.hunks[0].line
            yield Worth(first, first, f"{size(saved)} less in the image (measured by dfix verify)", bytes=True)


_Sizes = list[tuple[int, int, int | None]]
"""The first and last line of each step, and the bytes of its layer, None for unknown."""


def _sizes(opened: Opened, record: dict[str, Took]) -> _Sizes:
    found: _Sizes = []
    for step, key in keys(opened.model):
        if step.keyword in ("RUN", "COPY", "ADD"):
            instruction = step.instruction
            found.append((instruction.line, instruction.end_line, record[key].size if key in record else None))
    return found


def _within(sizes: _Sizes, line: int, count: int) -> Iterator[int | None]:
    for first, last, taken in sizes:
        if first < line + count and line <= last:
            yield taken


def _worth(step: Step, said: str) -> Worth:
    return Worth(step.instruction.line, step.instruction.end_line, said)

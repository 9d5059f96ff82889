"""Code lenses above FROM and COPY: how much a change of the sources re-runs."""

from __future__ import annotations

from lsprotocol import types

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model import Stage, Step
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.server.analysis import Analysis
from dfix.rewriter.server.diagnostics import line_span
from dfix.rewriter.server.workspace_edits import range_of

MOST_FILES = 10_000
"""Counting stops here, because the editor is waiting."""
_STEPS = frozenset(("RUN", "COPY", "ADD"))


def lenses(analysis: Analysis) -> list[types.CodeLens]:
    """A lens on each FROM, and on each COPY or ADD that copies files from the context."""
    model = analysis.model
    if model is None or not model.stages:
        return []
    context = (
        model.context if any(map(_from_context, (step for stage in model.stages for step in stage.steps))) else None
    )
    again: dict[int, int] = {}
    found = []
    for stage in model.stages:
        again[stage.index] = _again(stage, context, again)
        found.append(_lens(analysis, stage.instruction.line, _stage_title(stage, again[stage.index])))
        for step in stage.steps:
            title = _copy_title(step, context) if context is not None and _from_context(step) else ""
            if title:
                found.append(_lens(analysis, step.instruction.line, title))
    return found


def _lens(analysis: Analysis, line: int, title: str) -> types.CodeLens:
    return types.CodeLens(range_of(analysis, line_span(analysis, line)), types.Command(title, ""))


def _from_context(step: Step) -> bool:
    return step.keyword in ("COPY", "ADD") and not step.onbuild and step.instruction.flag("from") is None


def _copy_title(step: Step, context: Context) -> str:
    """The number of files that a copy depends on, in words; "" if it is unknown or none."""
    found = copied(step, context)
    if not isinstance(found, Copied):
        return ""
    files: set[str] = set()
    for entry in found.brought.entries:
        files.update(context.some_below(entry.source, MOST_FILES) if entry.folder else (entry.source,))
    if len(files) > MOST_FILES:
        return f"re-runs when any of more than {MOST_FILES} files changes"
    if len(files) == 1:
        return "re-runs when 1 file changes"
    return f"re-runs when any of {len(files)} files changes" if files else ""


def _again(stage: Stage, context: Context | None, before: dict[int, int]) -> int:
    """How many steps of a stage re-run when any source changes: those from the first copy of a folder on."""
    steps = _steps(stage)
    if stage.parent is not None and before.get(stage.parent.index):
        return len(steps)
    for index, step in enumerate(steps):
        if context is not None and _from_context(step):
            found = copied(step, context)
            if isinstance(found, Copied) and found.brings_a_folder:
                return len(steps) - index
    return 0


def _steps(stage: Stage) -> list[Step]:
    return [step for step in stage.steps if step.keyword in _STEPS and not step.onbuild]


def _stage_title(stage: Stage, again: int) -> str:
    """Whether a stage is in the final image, and how much of it re-runs when a source changes."""
    count = len(_steps(stage))
    title = f"{'' if stage.ships else 'not '}in the final image, {count} {'step' if count == 1 else 'steps'}"
    if not again:
        return title
    which = str(again) if again < count else "all" if count > 1 else "it"
    return f"{title}: {which} {'re-runs' if again == 1 else 're-run'} when a source changes"

"""What stands above FROM and COPY: how often the build runs them again."""

from __future__ import annotations

from lsprotocol import types

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model import Stage, Step
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.server.analysis import Analysis
from dfix.rewriter.server.diagnostics import line_span
from dfix.rewriter.server.workspace_edits import range_of

MOST_FILES = 10_000
"""More are not counted: an editor waits, and the number says enough."""
_STEPS = frozenset(("RUN", "COPY", "ADD"))


def lenses(analysis: Analysis) -> list[types.CodeLens]:
    """A lens on each FROM, and on each COPY or ADD that brings files of the context."""
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
    """How many files a copy brings; "" where that is not known, or where it brings none."""
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
    """How many steps of a stage run again after an edit of any source: those from the first copy of a folder on."""
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
    """Whether a stage ships and how much of it an edit of the sources costs."""
    count = len(_steps(stage))
    title = f"{'' if stage.ships else 'not '}in the final image, {count} {'step' if count == 1 else 'steps'}"
    if not again:
        return title
    which = str(again) if again < count else "all" if count > 1 else "it"
    return f"{title}: {which} {'re-runs' if again == 1 else 're-run'} when a source changes"

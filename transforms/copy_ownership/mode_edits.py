"""The edits: `--chmod` on the copies, or a COPY for each mode, and the `chmod` gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.layout.copy_lines import block
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.copy_ownership.edits import comments_above, joined, lines_gone, with_flag, without_command

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Step
    from dfix.transforms.copy_ownership.file_modes import ModePlan, NewModes


def mode_edits(model: Model, step: Step, plan: ModePlan) -> tuple[Edit, ...]:
    """Everything that is written for a plan."""
    written = [_of_copy(new) for new in plan.copies]
    if not plan.whole:
        return (*written, without_command(step, plan.command.part))
    gone = block(model.tree, step.instruction)
    comments = comments_above(model, step)
    if comments:
        # below the comment of the COPY, which is about the same lines
        place = plan.copies[0].step.instruction.span.start
        written.append(Edit(Span(place, place), comments))
    return (*written, *(Edit(span, "") for span in joined(model, [lines_gone(model, gone)])))


def _of_copy(new: NewModes) -> Edit:
    if len(new.groups) == 1:
        return with_flag(new.step, f"--chmod={new.groups[0][0]:o}")
    instruction = new.step.instruction
    keyword = instruction.text[instruction.keyword_span.start : instruction.keyword_span.end]
    flags = [instruction.text[flag.span.start : flag.span.end] for flag in instruction.flags]
    destination = instruction.words[-1].text
    destination += "" if destination.endswith("/") else "/"
    lines = []
    for mode, sources in new.groups:
        own = [] if mode is None else [f"--chmod={mode:o}"]
        lines.append(" ".join((keyword, *flags, *own, *sources, destination)))
    return Edit(Span(instruction.keyword_span.start, instruction.words[-1].span.end), "\n".join(lines))

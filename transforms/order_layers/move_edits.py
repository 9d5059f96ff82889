"""The edits of a move: the RUNs with their comments above the COPY and its comment."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.layout.copy_lines import blank_above, block
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.stage import METADATA
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.order_layers.late_arguments import LateArguments
from dfix.transforms.order_layers.moves import MovedRuns


class _Lines(NamedTuple):
    """Neighbouring RUNs with their comments."""

    span: Span
    after: int
    """The offset after the blank lines below them."""


def edits(model: Model, move: MovedRuns) -> tuple[Edit, ...]:
    """Everything that the move writes. A blank line above a RUN comes with it; those below it stay where it was."""
    text = model.source.text
    inserted = ""
    removed: list[Edit] = []
    for lines in _neighbours(model, move):
        moved = text[lines.span.start : lines.span.end].replace("\r\n", "\n").rstrip("\n")
        blank = blank_above(text, lines.span.start)
        inserted += f"{moved}\n" + "\n" * blank
        removed.append(Edit(_span(text, lines, blank=blank), ""))
    start = block(model.tree, move.copy.instruction).span.start
    return (Edit(Span(start, start), inserted), *removed)


def _neighbours(model: Model, move: MovedRuns) -> Iterator[_Lines]:
    found: _Lines | None = None
    for run in move.runs:
        moved = block(model.tree, run.step.instruction)
        if found is not None and found.after == moved.span.start:
            found = _Lines(Span(found.span.start, moved.span.end), moved.after)
            continue
        if found is not None:
            yield found
        found = _Lines(moved.span, moved.after)
    if found is not None:
        yield found


def _span(text: str, lines: _Lines, *, blank: bool) -> Span:
    """What goes from the old place: the lines, and the blank lines on one side of them."""
    if lines.after < len(text):
        return Span(lines.span.start, lines.after if blank else lines.span.end)
    # at the end of the file, the line before becomes the last one, with or without a newline as this one
    start = len(text[: lines.span.start].rstrip("\r\n"))
    return Span(start, len(text.rstrip("\r\n")) if text.endswith("\n") else len(text))


def late_edits(model: Model, late: LateArguments, stage: Stage) -> tuple[Edit, ...]:
    """ARGs and LABELs with their comments go above an instruction, or to the end of their stage."""
    text = model.source.text
    blocks = [block(model.tree, step.instruction) for step in late.steps]
    inserted = "".join(moved.text for moved in blocks)
    removed: list[Span] = []
    for moved in blocks:
        joins = bool(removed) and removed[-1].end == moved.span.start
        start = removed.pop().start if joins else moved.span.start
        removed.append(Span(start, moved.after if blank_above(text, start) else moved.span.end))
    before = late.before or _closing(stage)
    if before is None:
        place = stage.steps[-1].instruction.span.end
        if not text[:place].endswith("\n"):
            return (*(Edit(span, "") for span in removed), Edit(Span(place, place), "\n" + inserted.removesuffix("\n")))
    else:
        place = block(model.tree, before.instruction).span.start
    if blank_above(text, removed[0].start):
        inserted = ("" if blank_above(text, place) else "\n") + inserted + ("\n" if text[place:].strip() else "")
    return (*(Edit(span, "") for span in removed), Edit(Span(place, place), inserted))


def _closing(stage: Stage) -> Step | None:
    """The first of the instructions at the end of a stage that only set what the container runs; None for none."""
    found: Step | None = None
    for step in reversed(stage.steps):
        if step.keyword not in METADATA or step.keyword == "LABEL":
            break
        found = step
    return found

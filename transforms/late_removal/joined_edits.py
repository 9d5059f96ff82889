"""The edits that join RUNs and move what is between them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from dfix.rewriter.layout.copy_lines import blank_above, block
from dfix.rewriter.neighbours.joined_run import JoinedRun, joined_run
from dfix.rewriter.text.source import Edit, Span

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Step
    from dfix.transforms.late_removal.removals import Joined


def joined_edits(model: Model, found: Joined, usual: Callable[[], str]) -> JoinedRun:
    """What makes one RUN of several, with the instructions between them above or below it."""
    joined = joined_run(found.runs, usual, found.moves.spans)
    first, last = found.runs[0].step.instruction, found.runs[-1].step.instruction
    changed = list(joined.edits)
    if found.moves.above:
        start = block(model.tree, first).span.start
        blank = "\n" if blank_above(model.source.text, start) else ""
        changed.append(Edit(Span(start, start), _text(model, found.moves.above) + blank))
    if found.moves.below:
        _insert(changed, last.span.end, model.source.text, _text(model, found.moves.below))
    return joined._replace(edits=tuple(changed))


def _text(model: Model, steps: Sequence[Step]) -> str:
    """The lines of instructions with their comments, and the blank lines between them."""
    parts: list[str] = []
    for step in steps:
        moved = block(model.tree, step.instruction)
        parts.append("\n" * bool(parts and blank_above(model.source.text, moved.span.start)) + moved.text)
    return "".join(parts)


def _insert(changed: list[Edit], at: int, text: str, lines: str) -> None:
    """Add lines after the one that ends at an offset, which may be the end of the file."""
    if text[:at].endswith("\n"):
        changed.append(Edit(Span(at, at), lines))
        return
    # without a newline at the end of the file, what the last script gets is inserted at the same place
    lines = "\n" + lines.rstrip("\n")
    for index, edit in enumerate(changed):
        if edit.span == Span(at, at):
            changed[index] = Edit(edit.span, edit.text + lines)
            return
    changed.append(Edit(Span(at, at), lines))

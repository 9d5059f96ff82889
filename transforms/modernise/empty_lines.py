"""Empty lines within a continued instruction, which a later BuildKit will refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.dockerfile.instruction import KEYWORDS
from dfix.rewriter.text.source import Edit
from dfix.transforms.modernise.answered import answered, left_alone

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model

_CHECKS = ("NoEmptyContinuation",)


def empty_lines(model: Model) -> Iterator[Change | Refusal]:
    """Remove the empty lines of each instruction."""
    for instruction in model.tree.instructions:
        if not instruction.blanks:
            continue
        try:
            _swallows_nothing(instruction)
        except LeaveAlone as no:
            yield left_alone(instruction, _CHECKS, no)
            continue
        count = len(instruction.blanks)
        lines = "an empty line" if count == 1 else f"{count} empty lines"
        reason = f"{instruction.keyword} goes on after {lines}, which a later BuildKit will refuse"
        yield answered(instruction, _CHECKS, [Edit(blank, "") for blank in instruction.blanks], reason)


def _swallows_nothing(instruction: Instruction) -> None:
    """Raise LeaveAlone if a line after an empty one looks like an instruction of its own."""
    text = instruction.text
    for blank in instruction.blanks:
        piece = next((piece for piece in instruction.pieces if piece.start >= blank.end), None)
        word = text[piece.start : piece.end].split(maxsplit=1)[:1] if piece is not None else []
        if piece is not None and word and word[0] in KEYWORDS:
            line = text.count("\n", 0, piece.start) + 1
            what = f"Line {line} begins with {word[0]}, but is part of the {instruction.keyword} above the empty line"
            hint = f"remove the `{instruction.escape}` before it, or the word {word[0]}"
            raise LeaveAlone("swallowed", what, hint)

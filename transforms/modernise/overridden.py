"""CMD, ENTRYPOINT and HEALTHCHECK that a later one of the same stage overrides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.layout.copy_lines import blank_above, block
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model

_BUILDKIT = "MultipleInstructionsDisallowed"
_CHECKS = {
    "CMD": (_BUILDKIT, "DL4003"),
    "ENTRYPOINT": (_BUILDKIT, "DL4004"),
    "HEALTHCHECK": (_BUILDKIT, "DL3012"),
}


def overridden(model: Model) -> Iterator[Change]:
    """Remove what has no effect; where a comment is about it, make a comment of it too.

    An ENTRYPOINT drops the CMD of the base image, unless the stage has one of its own: the last one stays, and the
    stage has one then, too. A change of SHELL in between concerns only the instruction that stays.
    """
    for stage in model.stages:
        last: dict[str, Instruction] = {}
        for step in reversed(stage.steps):
            if step.onbuild or step.keyword not in _CHECKS:
                continue
            if step.keyword not in last:
                last[step.keyword] = step.instruction
                continue
            edits, done = _without(model, step.instruction)
            reason = f"The {step.keyword} on line {last[step.keyword].line} overrides this one, which {done}"
            yield answered(step.instruction, _CHECKS[step.keyword], edits, reason)


def _without(model: Model, instruction: Instruction) -> tuple[list[Edit], str]:
    span, text = instruction.span, model.source.text
    lines = block(model.tree, instruction)
    if lines.span.start == span.start and not instruction.comments:
        return [Edit(Span(span.start, lines.after if blank_above(text, span.start) else span.end), "")], "is removed"
    edits = []
    at = span.start
    for line in text[span.start : span.end].removesuffix("\n").split("\n"):
        if not line.lstrip().startswith("#"):
            edits.append(Edit(Span(at, at), "# " if line.strip() else "#"))
        at += len(line) + 1
    return edits, "becomes a comment like the one that explains it"

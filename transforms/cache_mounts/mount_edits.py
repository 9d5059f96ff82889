"""The edits that give a RUN its mounts, one per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.layout.chain import DEEPEST, USUAL_INDENT
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.cache_mounts.named_folders import DOCKER_CLEAN

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Step

_KEEPS_PACKAGES = f"rm -f {DOCKER_CLEAN}"


def mount_edits(step: Step, flags: list[str], *, keeps_packages: bool) -> list[Edit]:
    """The edits that add mounts to a RUN, and what makes apt keep packages in them."""
    instruction = step.instruction
    start = instruction.flags[-1].span.end if instruction.flags else instruction.keyword_span.end
    value = instruction.value_span.start
    line = f" {instruction.escape}\n{_indent(instruction)}"
    first = f"{_KEEPS_PACKAGES} && " if keeps_packages else ""
    if step.body is not None:  # a heredoc begins on the line of its RUN
        edits = [Edit(Span(start, start), "".join(f" {flag}" for flag in flags))]
        body = step.body.body.start
        return [*edits, Edit(Span(body, body), f"{_KEEPS_PACKAGES}\n")] if first else edits
    broken = "\n" in instruction.text[start:value]
    added = (line if broken and instruction.flags else " ") + line.join(flags)
    if not broken:
        return [Edit(Span(start, value), added + line + first)]
    edits = [Edit(Span(start, start), added)]
    return [*edits, Edit(Span(value, value), first)] if first else edits


def _indent(instruction: Instruction) -> str:
    """The indentation of the RUN's own lines, or the usual one."""
    text = instruction.text
    for piece in instruction.pieces[1:]:
        line = text[text.rfind("\n", 0, piece.start) + 1 : piece.end]
        indent = line[: len(line) - len(line.lstrip(" \t"))]
        if indent and len(indent.expandtabs(4)) <= DEEPEST:
            return indent
    return USUAL_INDENT

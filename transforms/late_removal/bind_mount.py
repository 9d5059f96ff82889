"""The edits that mount a file instead of copying it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dfix.rewriter.layout.copy_lines import block
from dfix.rewriter.model.commands import chain
from dfix.rewriter.text.source import Edit, Span

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model
    from dfix.transforms.late_removal.mounted_files import MountedFile


_LONGEST_LINE = 100
"""Where a line with the mount would be longer, the commands begin on the next one."""


def mount_edits(model: Model, found: MountedFile) -> tuple[Edit, ...]:
    """The COPY goes, the RUN gets a mount, and the `rm` goes."""
    copy, run = found.copy.instruction, found.run.instruction
    stage = copy.flag("from")
    origin = f"from={stage.value}," if stage is not None else ""
    flag = f" --mount=type=bind,{origin}source={found.source},target={found.target}"
    if _first_line(run) + len(flag) > _LONGEST_LINE:
        flag += f" {run.escape}\n   "
    # a comment above the COPY stays above the RUN
    copied = Edit(Span(copy.span.start, block(model.tree, copy).after), "")
    return (copied, Edit(Span(run.keyword_span.end, run.keyword_span.end), flag), _without_removal(found))


def _first_line(run: Instruction) -> int:
    """How long the first line of a RUN is."""
    return len(run.text[run.span.start : run.span.end].partition("\n")[0])


def _without_removal(found: MountedFile) -> Edit:
    """What takes the path from the `rm`, or the whole `rm` where it names nothing else."""
    text = found.run.instruction.text
    others = [word for word in found.removal.words[1:] if not word.text.startswith("-") and word is not found.word]
    if others:
        start = len(text[: found.word.span.start].rstrip(" \t"))
        return Edit(Span(start, found.word.span.end), "")
    elements = chain(found.run.script) or ()
    before = next(one for one, other in pairwise(elements) if other is found.removal)
    gap = Span(before.span.end, found.removal.span.end)
    return Edit(gap, "")

"""The edits of a split: manifest COPY lines in the first copy's place, the copies behind the install."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.layout.copy_lines import Block, block, copy_line, folder_below
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.shell.nodes import Node
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.moved_copies import Plan


class Parting(NamedTuple):
    """Where the install's RUN is parted: before element `at` of its && chain, whose RUN begins with `carried`."""

    parts: tuple[Node, ...]
    at: int
    carried: str


def edits(model: Model, plan: Plan, run: InstallRun, parting: Parting | None, first: str = "") -> tuple[Edit, ...]:
    """Everything that the split writes; the RUN stays whole without a `parting`.

    `first` is a command that gets the install's place; what it stands for runs again behind the copies. Without a
    parting it becomes a RUN of its own.
    """
    blocks: list[Block] = []
    moving: list[str] = []
    found: list[Edit] = []
    for copy in plan.moved:
        moved = block(model.tree, copy.step.instruction)
        text = _with_destination(copy, run, moved)
        lines = "".join(
            copy_line(copy.step.instruction, need.sources, folder_below(copy.written, need.relative))
            for need in plan.needed
            if need.copy is copy
        )
        end = moved.span.end if lines else moved.after
        if not lines and blocks == [] and moved.blanks_after and not _blank_before(model, moved):
            end = moved.span.end
        found.append(Edit(Span(moved.span.start, end), lines))
        blocks.append(moved)
        moving.append(text)
    separator = "\n" * min(blocks[0].blanks_after, 1)
    joined = separator.join(moving)
    if parting is not None:
        found.append(_parted(model, run.step.instruction, parting, f" && {first}" if first else "", separator, joined))
    elif first:
        found.append(_before(model, run.step.instruction, first, separator, joined))
    else:
        found.append(_behind(model, run.step.instruction, separator + joined))
    return tuple(found)


def _blank_before(model: Model, moved: Block) -> bool:
    before = model.source.text[: moved.span.start].rstrip("\r")
    return before.endswith(("\n\n", "\n\r\n")) or not before


def _behind(model: Model, instruction: Instruction, text: str) -> Edit:
    end = instruction.span.end
    if model.source.text[end - 1 : end] == "\n":
        return Edit(Span(end, end), text)
    return Edit(Span(end, end), "\n" + text.removesuffix("\n"))


def _before(model: Model, instruction: Instruction, first: str, separator: str, moved: str) -> Edit:
    start = block(model.tree, instruction).span.start
    keyword = model.source.text[instruction.keyword_span.start : instruction.keyword_span.end]
    return Edit(Span(start, start), f"{keyword} {first}\n{separator}{moved}{separator}")


def _parted(model: Model, instruction: Instruction, parting: Parting, first: str, separator: str, moved: str) -> Edit:
    text = model.source.text
    gap = Span(parting.parts[parting.at - 1].span.end, parting.parts[parting.at].span.start)
    comments = [line.strip() for line in text[gap.start : gap.end].split("\n") if line.lstrip().startswith("#")]
    head = text[instruction.keyword_span.start : instruction.value_span.start].replace("\r\n", "\n")
    written = first + "\n" + separator + moved + separator + "".join(f"{comment}\n" for comment in comments)
    written += head + parting.carried
    return Edit(gap, written)


def _with_destination(copy: Copied, run: InstallRun, moved: Block) -> str:
    """The moved lines; a relative destination becomes absolute when a WORKDIR stands in between."""
    step = copy.step
    if copy.written.startswith("/") or step.workdir == run.step.workdir or copy.written.startswith("$"):
        return moved.text
    if not copy.destination.startswith("/"):
        raise LeaveAlone("in-between", "the working folder changes in between, and that of the base image is not known")
    word = step.instruction.words[-1].span
    if step.instruction.json is not None or "\r" in moved.text:
        raise LeaveAlone("in-between", "the working folder changes between the copy and the install")
    start, end = word.start - moved.span.start, word.end - moved.span.start
    slash = "/" if copy.destination != "/" else ""
    return moved.text[:start] + copy.destination + slash + moved.text[end:]

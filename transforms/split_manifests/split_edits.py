"""The edits of a split: COPY lines for the manifests, and the copies after the install."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.layout.chain import after_part
from dfix.rewriter.layout.copy_lines import Block, blank_above, block, copy_line, folder_below
from dfix.rewriter.model import Model
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.shell.nodes import Node
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.split_manifests.cache_removal import MovedRemoval
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.move import Move


class RunSplit(NamedTuple):
    """Where a RUN is split in two."""

    elements: tuple[Node, ...]
    """The commands of its `&&` chain."""
    at: int
    """The index of the element with which the second RUN begins."""
    setup: str
    """What the second RUN repeats before that: `cd web && `."""
    removal: MovedRemoval
    """What moves from the end of the second RUN to the end of the first."""


def edits(model: Model, move: Move, run: InstallRun, run_split: RunSplit | None, command: str = "") -> tuple[Edit, ...]:
    """Everything that the split writes. Without a `run_split` the RUN stays whole.

    `command` is one to run before the copies: it ends the first part of a RUN that is split, and else gets a RUN of its
    own. The author's RUN then follows after the copies. Without a `command`, it comes before them.
    """
    written: list[Edit] = []
    late: list[str] = []
    blocks = [block(model.tree, copy.step.instruction) for copy in move.copies]
    blank = "\n" * min(blocks[0].blanks_after, 1)
    for copy, moved in zip(move.copies, blocks, strict=True):
        lines = _lines(move, copy, moved)
        if move.place is not None:
            late.append(lines)
            lines = ""
        end = moved.span.end if lines else moved.after
        if not lines and moved is blocks[0] and not _blank_before(model, moved):
            end = moved.span.end
        written.append(Edit(Span(moved.span.start, end), lines))
    copies = blank.join(_moved_text(copy, run, moved) for copy, moved in zip(move.copies, blocks, strict=True))
    instruction = run.step.instruction
    inserted = {} if move.place is None else {move.place: "".join(late) + blank}
    if run_split is not None:
        last = (_at_end_of_part(run, run_split, command) if command else "") + run_split.removal.first
        written += run_split.removal.dropped
        written.append(_between_parts(model, instruction, run_split, f"{last}\n{blank}{copies}{blank}"))
    elif command:
        start = model.source.text[instruction.keyword_span.start : instruction.value_span.start]  # with its flags
        last = "\n" * min(blocks[-1].blanks_after, 1)  # stays between the last copy and the author's own RUN
        inserted[run.step] = inserted.get(run.step, "") + f"{start}{command}\n{blank}{copies}{last}"
    else:
        written.append(_after(model, instruction, blank + copies))
    return (*written, *(_before(model, step.instruction, text) for step, text in inserted.items()))


def edits_above(model: Model, move: Move, run: InstallRun, command: str) -> tuple[Edit, ...]:
    """COPY lines and a RUN of `command` before the copies, which stay where they are."""
    first = block(model.tree, move.copies[0].step.instruction)
    lines = "".join(_lines(move, copy, block(model.tree, copy.step.instruction)) for copy in move.copies)
    instruction = run.step.instruction
    keyword = model.source.text[instruction.keyword_span.start : instruction.keyword_span.end]
    blank = "\n" * min(first.blanks_after, 1)
    return (Edit(Span(first.span.start, first.span.start), f"{lines}{blank}{keyword} {command}\n{blank}"),)


def _at_end_of_part(run: InstallRun, run_split: RunSplit, command: str) -> str:
    """`command` as the last one of the first part, on a line of its own where that part has several lines."""
    instruction, script, last = run.step.instruction, run.step.script, run_split.at - 1
    over_lines = "\n" in instruction.text[script.span.start : run_split.elements[last].span.end]
    return after_part(instruction, script, last, command).text if over_lines else f" && {command}"


def _lines(move: Move, copy: Copied, moved: Block) -> str:
    """The COPY lines for what the install reads of a copy."""
    instruction = copy.step.instruction
    return "".join(
        moved.text[instruction.span.start - moved.span.start :]
        if line.as_it_is
        else copy_line(instruction, line.sources, folder_below(copy.written_destination, line.folder))
        for line in move.lines
        if line.copy is copy
    )


def _blank_before(model: Model, moved: Block) -> bool:
    """Whether a blank line, or nothing, comes before the moved lines."""
    return not moved.span.start or blank_above(model.source.text, moved.span.start)


def _after(model: Model, instruction: Instruction, text: str) -> Edit:
    """Lines after an instruction, which may be the last one and have no newline.

    If it ends in a dangling backslash, the pipeline removes that first.
    """
    end = instruction.span.end
    if model.source.text[end - 1 : end] == "\n":
        return Edit(Span(end, end), text)
    return Edit(Span(end, end), "\n" + text.removesuffix("\n"))


def _before(model: Model, instruction: Instruction, text: str) -> Edit:
    """Lines before an instruction and its comment."""
    start = block(model.tree, instruction).span.start
    return Edit(Span(start, start), text)


def _between_parts(model: Model, instruction: Instruction, run_split: RunSplit, text: str) -> Edit:
    """`text` in the place of the `&&`, then the second RUN, which has the flags and the comments of that place."""
    source = model.source.text
    elements, at = run_split.elements, run_split.at
    gap = Span(elements[at - 1].span.end, elements[at].span.start)
    comments = [line.strip() for line in source[gap.start : gap.end].split("\n") if line.lstrip().startswith("#")]
    head = source[instruction.keyword_span.start : instruction.value_span.start].replace("\r\n", "\n")
    return Edit(gap, text + "".join(f"{comment}\n" for comment in comments) + head + run_split.setup)


def _moved_text(copy: Copied, run: InstallRun, moved: Block) -> str:
    """The moved lines. A relative destination becomes absolute when a WORKDIR comes between copy and install."""
    step = copy.step
    if (
        copy.written_destination.startswith("/")
        or step.workdir == run.step.workdir
        or copy.written_destination.startswith("$")
    ):
        return moved.text
    hint = "write its destination as an absolute path"
    if not copy.destination.startswith("/"):
        reason = "WORKDIR changes between the copy and the install, and the base image's working folder is unknown"
        raise LeaveAlone("in-between", reason, hint)
    word = step.instruction.words[-1].span
    if step.instruction.json is not None or "\r" in moved.text:
        reason = "WORKDIR changes between the copy and the install, and the COPY names a relative folder"
        raise LeaveAlone("in-between", reason, hint)
    start, end = word.start - moved.span.start, word.end - moved.span.start
    slash = "/" if copy.destination != "/" else ""
    return moved.text[:start] + copy.destination + slash + moved.text[end:]

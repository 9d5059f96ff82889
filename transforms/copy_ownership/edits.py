"""The edits: `--chown` on the copies, and the `chown` before them or gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.layout.copy_lines import Block, blank_above, block
from dfix.rewriter.model.commands import chain
from dfix.rewriter.text.source import Edit, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dfix.rewriter.model import Model, Step
    from dfix.transforms.copy_ownership.plan import Plan


def edits(model: Model, step: Step, plan: Plan) -> tuple[Edit, ...]:
    """Everything that is written for a plan."""
    written = [with_flag(copy, f"--chown={plan.owner.flag}") for copy in plan.copies]
    gone = [block(model.tree, run.instruction) for run in plan.with_it]
    before = [moved.text for moved in gone]
    if plan.part == "run":
        moved = block(model.tree, step.instruction)
        before.append(moved.text if plan.moves else comments_above(model, step))
        gone.append(moved)
    else:
        written.append(without_command(step, plan.command.part, and_before=plan.part == "beginning"))
        if plan.moves:
            before.append(_own_run(step, plan))
    written += [Edit(span, "") for span in joined(model, (lines_gone(model, moved) for moved in gone))]
    place = block(model.tree, plan.first.instruction).span.start
    text = "".join(before)
    if plan.moves and gone and blank_above(model.source.text, gone[-1].span.start):
        text += "\n"
    return (*written, Edit(Span(place, place), text)) if text else tuple(written)


def comments_above(model: Model, step: Step) -> str:
    """The comment lines directly above an instruction, without carriage returns."""
    start = block(model.tree, step.instruction).span.start
    return model.source.text[start : step.instruction.span.start].replace("\r\n", "\n")


def with_flag(copy: Step, flag: str) -> Edit:
    """A COPY gets a flag after those that it has, the owner before the mode."""
    instruction = copy.instruction
    flags = [other for other in instruction.flags if not (flag.startswith("--chown") and other.name == "chmod")]
    at = flags[-1].span.end if flags else instruction.keyword_span.end
    return Edit(Span(at, at), f" {flag}")


def lines_gone(model: Model, moved: Block) -> Span:
    """The lines that go, with the blank lines after them where others come before."""
    return Span(moved.span.start, moved.after if blank_above(model.source.text, moved.span.start) else moved.span.end)


def joined(model: Model, spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch as one; a last line without a newline takes the one before it along."""
    found: list[Span] = []
    for span in spans:
        if found and span.start <= found[-1].end:
            found[-1] = Span(found[-1].start, span.end)
        else:
            found.append(span)
    text = model.source.text
    if found and found[-1].end == len(text) and not text.endswith("\n"):
        before = text[: found[-1].start].removesuffix("\n").removesuffix("\r")
        found[-1] = Span(len(before), len(text))
    return found


def without_command(step: Step, at: int, *, and_before: bool = False) -> Edit:
    """An element of a chain is gone, or the chain up to it, too."""
    parts = chain(step.script) or ()
    if and_before or at == 0:
        gap = Span(parts[0].span.start, parts[at + 1].span.start)
    else:
        gap = Span(parts[at - 1].span.end, parts[at].span.end)
    if any(gap.start <= comment.start < gap.end for comment in step.instruction.comments):
        what = "a comment is between the commands of the RUN"
        name = step.instruction.text[parts[at].span.start : parts[at].span.end].partition(" ")[0]
        raise LeaveAlone("comment", what, f"move the `{name}` to a RUN of its own")
    return Edit(gap, "")


def _own_run(step: Step, plan: Plan) -> str:
    instruction = step.instruction
    keyword = instruction.text[instruction.keyword_span.start : instruction.keyword_span.end]
    if plan.part == "command":
        return f"{keyword} {' '.join(word.text for word in plan.command.words)}\n"
    parts = chain(step.script) or ()
    beginning = instruction.text[parts[0].span.start : parts[plan.command.part].span.end].replace("\r\n", "\n")
    return f"{keyword} {beginning}\n"

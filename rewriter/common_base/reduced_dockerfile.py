"""A Dockerfile whose stages are built on a base of their own: without the steps that the base has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from dfix.rewriter.common_base.beginning import Beginning, FirstStep
from dfix.rewriter.dockerfile import Instruction, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.layout.copy_lines import blank_above, block
from dfix.rewriter.model import Model, Stage
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Source, Span

_INHERITED = frozenset(("ENV", "USER", "WORKDIR"))
"""Settings that an image hands on to what is built on it. A build argument it does not, and SHELL not in every format
of images (OCI has no such field)."""


class OnBase(NamedTuple):
    """A stage that gets a base."""

    member: Beginning
    steps: Sequence[FirstStep]
    """Those that the base has."""
    name: str
    """The base's name."""


def on_base(model: Model, stages: Iterable[OnBase]) -> Source:
    """The Dockerfile after its stages got their bases.

    Raises ValueError if the result would not have the instructions that it should.
    """
    gone: set[Instruction] = set()
    named: dict[Instruction, str] = {}
    for one in stages:
        stage = model.stages[one.member.number]
        gone.update(_inherited(stage, one.steps))
        named[stage.instruction] = one.name
    edits = [Edit(instruction.words[0].span, name) for instruction, name in named.items()]
    edits += [Edit(span, "") for span in _lines(model, gone)]
    after = model.source.apply(edits)
    _check(model, after, gone, named)
    return after


def _inherited(stage: Stage, steps: Iterable[FirstStep]) -> Iterator[Instruction]:
    """The instructions that a stage no longer needs."""
    for element in steps:
        yield stage.steps[element.step].instruction
        for index in element.settings:
            if stage.steps[index].keyword in _INHERITED:
                yield stage.steps[index].instruction


def _lines(model: Model, gone: set[Instruction]) -> Iterator[Span]:
    """The lines of instructions with their comments, and one of the blank lines around them."""
    for instruction in gone:
        found = block(model.tree, instruction)
        above = found.span.start == 0 or blank_above(model.source.text, found.span.start)
        yield Span(found.span.start, found.after) if above else found.span


def comments_above(model: Model, instruction: Instruction) -> list[str]:
    """The lines of comments directly above an instruction."""
    start = block(model.tree, instruction).span.start
    return [line.strip() for line in model.source.text[start : instruction.span.start].splitlines()]


def _check(model: Model, after: Source, gone: set[Instruction], named: Mapping[Instruction, str]) -> None:
    """Raise ValueError unless the result is what is left, with new names in the FROMs."""
    tree = parse(after)
    left = [one for one in model.tree.instructions if one not in gone]
    if check(tree) is not None or len(tree.instructions) != len(left):
        raise ValueError("the result is no Dockerfile, or one with other steps")
    for old, new in zip(left, tree.instructions, strict=True):
        image = named.get(old)
        if (old.text[old.span.start : old.span.end] != new.text[new.span.start : new.span.end]) != (image is not None):
            raise ValueError(f"line {old.line} would change")
        if image is not None and new.words[0].text != image:
            raise ValueError(f"line {old.line} would name another image")

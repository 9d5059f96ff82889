"""The instructions of a Dockerfile as layers: what each costs, what makes it run again, whether it ships."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.knowledge.program_table import Cost
from dfix.rewriter.measured.records import Took, keys
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects import command_cost
from dfix.rewriter.model.reruns import Reruns, makes_layer
from dfix.rewriter.text.named_tuple import NamedTuple

COSTS: tuple[Cost, ...] = ("nothing", "quick", "light", "slow")
"""From the least to the most."""


class LayerRow(NamedTuple):
    """One instruction."""

    line: int
    text: str
    """The instruction in one line, with its continuations joined."""
    stage: str
    """The stage's name, or its number."""
    ships: bool
    """Whether its stage is in an image that ships."""
    step: bool
    """Whether it is a step of the build. If not, it only changes settings, and nothing has to run."""
    cost: Cost
    """An estimate of the time that it takes, from what its commands are known to do."""
    reads: int
    """The number of files that it reads from the build context itself."""
    size: int
    """The bytes of those."""
    files: int
    """The number of files in the build context of which a change makes it run again."""
    lines: tuple[int, ...]
    """The lines of the instructions that read those."""
    arguments: tuple[str, ...]
    """The build arguments of which another value makes it run again."""
    took: Took | None = None
    """What it took when `dfix verify` last built it."""


def layers(model: Model, context: Context, reruns: Reruns, record: Mapping[str, Took]) -> Iterator[LayerRow]:
    """Every instruction from the first FROM on, in the order of the file. ONBUILD runs in another build: left out."""
    known = {step: record.get(key) for step, key in keys(model)}
    files = reruns.files()
    arguments = reruns.arguments()
    for stage in model.stages:
        yield _layer(stage.instruction, stage, arguments=arguments.get(stage, ()))
        for step in stage.steps:
            if step.onbuild:
                continue
            reads = reruns.reads(step)
            own = reads.files() if reads is not None else frozenset()
            yield _layer(step.instruction, stage, arguments=arguments.get(step, ()))._replace(
                step=makes_layer(step),
                cost=cost(step),
                reads=len(own),
                size=sum(_size(context, path) for path in own),
                files=files[step].number if step in files else 0,
                lines=tuple(reader.instruction.line for reader in files[step].readers) if step in files else (),
                took=known[step] if makes_layer(step) else None,
            )


def cost(step: Step) -> Cost:
    """What a step costs: of a RUN, what its most expensive command does; an unknown one is slow."""
    if step.keyword != "RUN":
        return "quick" if step.keyword in ("COPY", "ADD") else "nothing"
    if step.script.opaque:
        return "slow"
    levels = [COSTS.index(command_cost(command).level) for command in located(step)]
    return COSTS[max(levels, default=0)]


def _size(context: Context, path: str) -> int:
    """The bytes of a file of the context; a link's own, not its target's."""
    try:
        return os.lstat(os.path.join(context.root, path)).st_size
    except OSError:
        return 0


def name_of(stage: Stage) -> str:
    """A stage's name, or its number."""
    return stage.name or str(stage.index)


def one_line(instruction: Instruction) -> str:
    """An instruction in one line."""
    return " ".join(instruction.logical.split())


def _layer(instruction: Instruction, stage: Stage, arguments: tuple[str, ...]) -> LayerRow:
    line, text = instruction.line, one_line(instruction)
    return LayerRow(line, text, name_of(stage), stage.ships, False, "nothing", 0, 0, 0, (), arguments)

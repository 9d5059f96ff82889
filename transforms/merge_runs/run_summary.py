"""What one RUN does, taken together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects import costs, prepares
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script, Statement

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.model import Step

LONGEST_SHOWN = 60


class Work:
    """A RUN's commands with what they cost, in source order. `slow` are the indexes of those that take time.

    `changes` tells whether anything stays in the image, `managers` are the distribution's package managers that
    it uses, `prepares` those whose settings it changes.
    """

    __slots__ = ("changes", "commands", "costs", "managers", "prepares", "slow", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.commands = located(step)
        feeding = _feeding(step.script, self.commands)
        self.costs = tuple(costs(command, feeds=id(command.command) in feeding) for command in self.commands)
        self.slow = tuple(index for index, one in enumerate(self.costs) if one.cost == "slow")
        self.changes = any(one.cost != "nothing" for one in self.costs)
        self.managers = tuple(
            dict.fromkeys(one.usage.manager.name for one in self.costs if one.usage and one.usage.manager.system)
        )
        self.prepares = frozenset(one.prepares for one in self.costs if one.prepares)

    @property
    def quick(self) -> bool:
        """Whether it only does what takes no time."""
        return all(one.cost in ("nothing", "quick") for one in self.costs)

    def uses(self, manager: str) -> list[int]:
        """The indexes of the manager's commands."""
        return [index for index, one in enumerate(self.costs) if one.usage and one.usage.manager.name == manager]

    def slow_beside(self, manager: str) -> bool:
        """Whether something other than the manager takes time."""
        own = self.uses(manager)
        return any(index not in own for index in self.slow)

    def shown(self, index: int) -> str:
        """A command, or the pipeline that it is part of, as its author wrote it, shortened."""
        command = self.commands[index].command
        for pipeline in pipelines(self.step.script):
            if any(part is command for part in pipeline.parts):
                return shown(*(part for part in pipeline.parts if isinstance(part, Command)))
        return shown(command)

    @property
    def title(self) -> str:
        """The command that stands for the whole: the first that takes time, or else that changes something."""
        for index in self.slow:
            usage = self.costs[index].usage
            if usage is None or usage.verb != "update":
                return self.shown(index)
        found = [one.cost for one in self.costs]
        for cost in ("slow", "light", "quick", "nothing"):
            if cost in found:
                return self.shown(found.index(cost))
        return ""


def shown(*parts: Command) -> str:
    """A command, or those of a pipeline, as written, on one line, shortened."""
    texts = []
    for command in parts:
        pieces = [(word.span, word.text) for word in (*command.assigns, *command.words)]
        pieces += [(r.span, f"{r.op} {r.target.text}") for r in command.redirects if r.target is not None]
        texts.append(" ".join(piece for _, piece in sorted(pieces)))
    text = " | ".join(texts).replace("\n", " ")
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _feeding(script: Script, found: tuple[Located, ...]) -> set[int]:
    """The commands of pipelines that end in a package manager's settings: `curl KEY | apt-key add -`."""
    by_id = {id(command.command): command for command in found}
    feeding: set[int] = set()
    for pipeline in pipelines(script):
        parts = [id(part) for part in pipeline.parts if isinstance(part, Command)]
        if len(parts) == len(pipeline.parts) and any(prepares(by_id[part]) for part in parts if part in by_id):
            feeding.update(parts)
    for command in found:
        if prepares(command):
            feeding.add(id(command.command))
    return feeding


def statements(of: Script | Node) -> Iterator[Statement]:
    """Every statement at whatever depth."""
    if isinstance(of, (AndOr, Pipeline)):
        for part in of.parts:
            yield from statements(part)
    elif isinstance(of, (Script, Compound)):
        for statement in of.body if isinstance(of, Compound) else of.statements:
            yield statement
            yield from statements(statement.node)


def pipelines(of: Script | Node) -> Iterator[Pipeline]:
    """Every pipeline at whatever depth."""
    if isinstance(of, Pipeline):
        yield of
    if isinstance(of, (AndOr, Pipeline)):
        for part in of.parts:
            yield from pipelines(part)
    elif not isinstance(of, Command):
        for statement in of.body if isinstance(of, Compound) else of.statements:
            yield from pipelines(statement.node)

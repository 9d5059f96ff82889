"""What one RUN does and costs, as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from dfix.rewriter.answers.reason import Reason
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects import command_cost, prepares
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dfix.rewriter.model import Step

_Answer = TypeVar("_Answer")

LONGEST_SHOWN = 60
"""Characters of a command that a message shows."""


class RunSummary:
    """A RUN's commands with the cost of each."""

    __slots__ = ("_answers", "changes", "commands", "costs", "managers", "prepares", "slow", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self._answers: dict[object, Any] = {}
        """What has been found out about it, by question (`once`)."""
        self.commands = located(step)
        """In source order."""
        self.costs = tuple(command_cost(command, self._feeds) for command in self.commands)
        """The cost of each command."""
        self.slow = tuple(index for index, cost in enumerate(self.costs) if cost.level == "slow")
        """The indexes of the slow commands."""
        self.changes = any(cost.level != "nothing" for cost in self.costs)
        """Whether anything stays in the image."""
        self.managers = tuple(
            dict.fromkeys(cost.usage.manager.name for cost in self.costs if cost.usage and cost.usage.manager.system)
        )
        """The distribution's package managers that it uses."""
        self.prepares = frozenset(cost.prepares for cost in self.costs if cost.prepares)
        """The package managers whose settings it changes."""

    def _feeds(self, command: Located) -> bool:
        return id(command.command) in self.once(_feeding)

    def once(self, question: Callable[[RunSummary], _Answer]) -> _Answer:
        """The answer to a question, found out once although a RUN is compared with every other one near it."""
        if question not in self._answers:
            self._answers[question] = question(self)
        answer: _Answer = self._answers[question]
        return answer

    @property
    def quick(self) -> bool:
        """Whether all its commands are quick, so that repeating them costs nothing."""
        return all(cost.level in ("nothing", "quick") for cost in self.costs)

    def uses(self, manager: str) -> list[int]:
        """The indexes of a package manager's commands."""
        return [index for index, cost in enumerate(self.costs) if cost.usage and cost.usage.manager.name == manager]

    def slow_besides(self, manager: str) -> bool:
        """Whether anything other than the package manager is slow."""
        of_manager = self.uses(manager)
        return any(index not in of_manager for index in self.slow)

    def shown(self, index: int) -> str:
        """The command at an index, or the pipeline that it is part of, as its author wrote it, shortened."""
        command = self.commands[index].command
        for pipeline in pipelines(self.step.script):
            if any(part is command for part in pipeline.parts):
                return shown(*(part for part in pipeline.parts if isinstance(part, Command)))
        return shown(command)

    @property
    def representative(self) -> int:
        """The index of the command that stands for the RUN in messages: its first slow one, otherwise its costliest.

        -1 for a RUN without commands.
        """
        for index in self.slow:
            usage = self.costs[index].usage
            if usage is None or usage.verb != "update":
                return index
        levels = [cost.level for cost in self.costs]
        return next((levels.index(level) for level in ("slow", "light", "quick", "nothing") if level in levels), -1)

    @property
    def title(self) -> str:
        """The command that represents the RUN in messages; "" for none."""
        at = self.representative
        return "" if at < 0 else self.shown(at)


def unreadable(step: Step) -> Reason | None:
    """Why a RUN cannot be joined with its neighbours, whatever they do; None where nothing prevents it."""
    line = step.instruction.line
    if step.instruction.json is not None:
        hint = "write it in shell form if a shell may run it"
        return Reason("exec-form", f"the RUN on line {line} is in exec form, which runs no shell that knows `&&`", hint)
    if step.instruction.heredocs:
        return Reason("heredoc", f"the RUN on line {line} has a heredoc, to which dfix joins no other script")
    if step.script.opaque:
        return Reason("unread-script", f"dfix cannot read the RUN on line {line}: {step.script.opaque}")
    if not step.script.statements:
        return Reason("leaves-nothing", f"the RUN on line {line} contains no command")
    return None


def shown(*parts: Command) -> str:
    """A command, or the commands of a pipeline, as the author wrote them, on one line, shortened."""
    texts = []
    for command in parts:
        pieces = [(word.span, word.text) for word in (*command.assigns, *command.words)]
        pieces += [(r.span, f"{r.op} {r.target.text}") for r in command.redirects if r.target is not None]
        texts.append(" ".join(piece for _, piece in sorted(pieces)))
    text = " | ".join(texts).replace("\n", " ")
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _feeding(run: RunSummary) -> set[int]:
    """The `id`s of commands that write a package manager's settings, or feed one: `curl KEY | apt-key add -`."""
    preparing = {id(command.command) for command in run.commands if prepares(command)}
    feeding = set(preparing)
    for pipeline in pipelines(run.step.script) if preparing else ():
        parts = {id(part) for part in pipeline.parts if isinstance(part, Command)}
        if len(parts) == len(pipeline.parts) and not preparing.isdisjoint(parts):
            feeding |= parts
    return feeding


def statements(of: Script | Node) -> Iterator[Statement]:
    """Every statement, however deeply nested."""
    if isinstance(of, (AndOr, Pipeline)):
        for part in of.parts:
            yield from statements(part)
    elif isinstance(of, (Script, Compound)):
        for statement in of.body if isinstance(of, Compound) else of.statements:
            yield statement
            yield from statements(statement.node)


def pipelines(of: Script | Node) -> Iterator[Pipeline]:
    """Every pipeline, however deeply nested."""
    if isinstance(of, Pipeline):
        yield of
    if isinstance(of, (AndOr, Pipeline)):
        for part in of.parts:
            yield from pipelines(part)
    elif not isinstance(of, Command):
        for statement in of.body if isinstance(of, Compound) else of.statements:
            yield from pipelines(statement.node)

"""How far up a `chown` may move, and which copies it passes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.build import assignments
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.model.stage import METADATA
from dfix.rewriter.neighbours.folders import exists
from dfix.rewriter.text.expression import expression
from dfix.transforms.copy_ownership.commuting import (
    adding_account_touches,
    cannot_go_before,
    is_account,
    touches,
)
from dfix.transforms.copy_ownership.copies import relation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects.given_owner import GivenOwner
    from dfix.transforms.copy_ownership.copies import Bringing
    from dfix.transforms.copy_ownership.owner import Owner

_NAME = expression(r"\$\{?(\w+)")
_OF_EVERY_PROGRAM = expression(r"PATH|LD_\w+|ENV|BASH_ENV|HOME|IFS")


class Walk:
    """Goes up from a `chown` as far as it may move."""

    def __init__(self, step: Step, alone: Located | None, given: GivenOwner, owner: Owner, context: Context) -> None:
        self.step = step
        self.context = context
        self.given = given
        self.owner = owner
        text = step.source_text if alone is None else " ".join(word.text for word in alone.words)
        self.names = set(_NAME.findall(text))
        self.covered: list[Bringing] = []
        self.passed: list[Bringing] = []
        self.with_it: list[Step] = []
        self.blocked = ""
        """What it may not move above, as a clause."""

    def go_up(self, steps: Sequence[Step], known: Mapping[Step, Bringing | str]) -> None:
        """Go above steps, the last one first, to the first that is in the way."""
        for step in reversed(steps):
            self.blocked = self.passes(step, known.get(step))
            if self.blocked:
                return

    def passes(self, step: Step, to: Bringing | str | None) -> str:
        """Why the `chown` may not move above a step, as a clause; "" if it may."""
        keyword, line = step.keyword, step.instruction.line
        if keyword in METADATA:
            return ""
        if to is not None:
            return self._passes_copy(step, to)
        if keyword == "RUN":
            return self._passes_run(step)
        if keyword in ("ENV", "ARG"):
            return self._passes_variables(step)
        if keyword == "WORKDIR":
            return self._passes_workdir(step)
        return f"the {keyword} on line {line} may change what it does"

    def _passes_copy(self, step: Step, to: Bringing | str) -> str:
        if isinstance(to, str):
            return to
        line = f"the {step.keyword} on line {step.instruction.line}"
        if self.owner.named and overlaps(to.destination, "/etc"):
            return f"{line} may change the users"
        how = relation(to, self.given)
        if how == "mixed":
            return f"{line} also copies other files"
        for run in self.with_it:
            for command in located(run):
                if no := cannot_go_before(command, [to], ()):
                    return f"on line {run.instruction.line}, {no}, and {line} comes before it"
        self.passed.append(to)
        if how == "covered":
            self.covered.append(to)
        return ""

    def _passes_run(self, step: Step) -> str:
        line = step.instruction.line
        if step.script.opaque or step.instruction.flags or step.shell != self.step.shell:
            return f"dfix does not know what the RUN on line {line} does"
        commands = located(step, conditions=True)
        if commands and all(is_account(command) and not command.depth for command in commands):
            for command in commands:
                if no := adding_account_touches(command, self.given.paths):
                    return f"on line {line}, {no}"
            if self.owner.named:
                self.with_it.append(step)
                self.names.update(_NAME.findall(step.source_text))
            return ""
        found = (touches(command, self.given.paths, step, self.context) for command in commands)
        return next(filter(None, found), "")

    def _passes_variables(self, step: Step) -> str:
        instruction = step.instruction
        if step.keyword == "ENV":
            names = {name for name, _ in assignments(instruction)}
        else:
            names = {word.text.partition("=")[0] for word in instruction.words}
        for name in sorted(names):
            if name in self.names or _OF_EVERY_PROGRAM.fullmatch(name):
                return f"the {step.keyword} on line {instruction.line} sets {name}"
        return ""

    def _passes_workdir(self, step: Step) -> str:
        """A WORKDIR makes its folder, unless that is there."""
        after = step.stage.steps[step.index + 1].workdir
        what = f"the WORKDIR on line {step.instruction.line}"
        if after is None or not after.startswith("/"):
            return f"{what} is not known before the build"
        inside = any(within(after, path) for path in self.given.paths)
        above = any(within(path, after) for path in self.given.paths)
        if (inside or above) and not exists(after, step):
            return f"{what} makes {after}"
        return ""

"""Packages of the system that are only installed for the RUNs that follow, and then removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfix.rewriter.knowledge import Usage
from dfix.rewriter.model.cache_use import run_commands
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.stage import Step
from dfix.rewriter.text.named_tuple import NamedTuple

MOST_BETWEEN = 2
"""RUNs between an install of packages and their removal; what stands further apart is rarely one job."""


class Uninstall(NamedTuple):
    """A command that removes packages, and the line on which they are installed."""

    command: Located
    line: int
    installed_on: int


def packages_named(installing: Iterable[Usage]) -> frozenset[tuple[str, str]]:
    """The packages that commands name, and the groups of them, each after the name of its package manager.

    `apk add --virtual .build gcc` names a group, which `apk del .build` removes.
    """
    found: set[tuple[str, str]] = set()
    for usage in installing:
        name = usage.manager.name
        found.update((name, word.literal_or_text.partition("=")[0]) for word in usage.operands)
        groups = (option.value for option in usage.options if option.name in usage.manager.virtual)
        found.update((name, group) for group in groups if group)
    return frozenset(found)


def uninstalls(packages: frozenset[tuple[str, str]], removing: Usage) -> bool:
    """Whether a command removes, by its name, one of `packages` (`packages_named`) or a group of them."""
    name = removing.manager.name
    return removing.verb == "remove" and any((name, word.literal_or_text) in packages for word in removing.operands)


def removed_after(step: Step) -> Uninstall | None:
    """The removal of packages that a RUN right before `step` installs; only RUNs with the same flags stand between."""
    steps = step.stage.steps
    before = list(_neighbours(step, steps[: step.index][::-1][:MOST_BETWEEN]))
    after = list(_neighbours(step, steps[step.index + 1 :][:MOST_BETWEEN]))
    for last, removing in enumerate(after):
        for first, installing in enumerate(before[: MOST_BETWEEN - last]):
            found = _removal(installing, removing)
            if found is not None and first + last < MOST_BETWEEN:
                return found
    return None


def removed_later(step: Step) -> Uninstall | None:
    """The removal of packages that `step` installs, by a RUN right after it or after those that use them."""
    after = _neighbours(step, step.stage.steps[step.index + 1 :][: MOST_BETWEEN + 1])
    return next((found for removing in after if (found := _removal(step, removing)) is not None), None)


def _neighbours(step: Step, others: list[Step] | tuple[Step, ...]) -> Iterator[Step]:
    flags = [(flag.name, flag.value) for flag in step.instruction.flags]
    for other in others:
        same = flags == [(flag.name, flag.value) for flag in other.instruction.flags]
        if other.keyword != "RUN" or other.onbuild or other.script.opaque or other.instruction.heredocs or not same:
            return
        yield other


def _removal(installing: Step, removing: Step) -> Uninstall | None:
    uses = run_commands(located(installing)).uses
    packages = packages_named(use.usage for use in uses if use.usage.verb == "install")
    for use in run_commands(located(removing)).uses if packages else ():
        if uninstalls(packages, use.usage):
            return Uninstall(use.located, removing.instruction.line, installing.instruction.line)
    return None

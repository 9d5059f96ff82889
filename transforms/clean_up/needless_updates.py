"""Updates of package lists that an install with the manager's flag makes needless: `apk update && apk add x`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import attempt
from dfix.rewriter.model.commands import chain
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.clean_up.tool_version import knows_flag, needs_removal

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.cache_use import CacheUse, ManagerUse
    from dfix.transforms.clean_up.removed_files import Search

_QUIET = frozenset(("-q", "--quiet", "--no-progress"))


def updates_are_needless(search: Search, step: Step, cache_use: CacheUse) -> bool:
    """Whether every update of a RUN can go once its installs have the flag, with which they fetch the lists themselves.

    It has to be an element of a `&&` chain, before an install; nothing else may look at the lists.
    """
    updates = [use for use in cache_use.uses if use.usage.verb == "update"]
    installs = [use for use in cache_use.uses if use.usage.verb == "install"]
    if any(use.usage.verb not in ("update", "install", "remove", "clean") for use in cache_use.uses):
        return False
    if not installs or any(use.order > installs[-1].order for use in updates):
        return False
    if any(removal(step, use) is None for use in updates):
        return False
    too_old = attempt(knows_flag, search, step.stage, cache_use) is not None
    return not too_old and not needs_removal(search, step, cache_use)


def removal(step: Step, use: ManagerUse) -> Edit | None:
    """The edit that removes an update with the `&&` after it; None if something else would go with it."""
    elements = chain(step.script)
    part, command = use.located.part, use.located.command
    if elements is None or part + 1 >= len(elements) or elements[part] is not command:
        return None
    if use.usage.operands:  # `apk update` takes none (apk-update(8)), so what this does is not known
        return None
    if command.redirects or command.assigns or any(option.name not in _QUIET for option in use.usage.options):
        return None
    span = Span(command.span.start, elements[part + 1].span.start)
    return None if "#" in step.instruction.text[span.start : span.end] else Edit(span, "")

"""Where commands that empty caches go in merged RUNs: each on its own line, plain `rm` commands at the end.

clean-up puts them there too, so that the result does not depend on which of the two rules ran first.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from dfix.rewriter.model.cache_folders import names_cache
from dfix.rewriter.model.commands import chain
from dfix.rewriter.neighbours.script_end import ends_shell, hides, holds_the_end, names_the_same
from dfix.rewriter.shell.state import leaks
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.knowledge.usage import Usage
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects import CommandCost
    from dfix.rewriter.neighbours.run_summary import RunSummary


class Ending(NamedTuple):
    """What moves from the end of a RUN to the end of the merged one."""

    cut: int
    """How many characters of its script's end."""
    commands: tuple[str, ...]


def breaks_before_clean_up(run: RunSummary, cut: int) -> tuple[Span, ...]:
    """The text before each command that empties a cache, in a RUN on one line; `cut` is what its end loses."""
    script = run.step.script
    elements = chain(script)
    if elements is None or "\n" in run.step.instruction.text[script.span.start : script.span.end]:
        return ()
    caches = caches_of(run)
    emptying = {
        id(command.command)
        for command, cost in zip(run.commands, run.costs, strict=True)
        if (cost.usage is not None and cost.usage.verb == "clean") or only_removes(command, caches)
    }
    gaps = (Span(a.span.end, b.span.start) for a, b in pairwise(elements) if id(b) in emptying)
    return tuple(gap for gap in gaps if gap.end < script.span.end - cut)


def ending(runs: Sequence[RunSummary], at: int) -> Ending:
    """What moves from the end of `runs[at]`: `rm` commands that empty caches which no later RUN of them fills or names.

    They stay where they are if nothing can come after the last script (`exit 0`, `set -e; a; b`). What a later RUN
    empties as well is dropped: `dnf clean all`, then `dnf clean all`.
    """
    run, later = runs[at], runs[at + 1 :]
    script, text = run.step.script, run.step.instruction.text
    elements = chain(script)
    if elements is None:
        return Ending(0, ())
    costs = {id(command.command): (command, cost) for command, cost in zip(run.commands, run.costs, strict=True)}
    commands: list[str] = []
    start = script.span.end
    for before, element in reversed(list(pairwise(elements))):
        command, cost = costs.get(id(element), (None, None))
        written = text[element.span.start : element.span.end]
        if command is None or cost is None or "\n" in written or "#" in text[before.span.end : start]:
            break
        removes = only_removes(command, caches_of(run))
        if removes and _may_come_last(command, run, later):
            commands.insert(0, written)
        elif not (_is_written_again(command, later) if removes else _is_repeated(cost, later)):
            break
        start = before.span.end
    return Ending(script.span.end - start, tuple(commands))


def _may_come_last(removal: Located, run: RunSummary, later: Sequence[RunSummary]) -> bool:
    """Whether a removal of caches at the end of a RUN may do its work after all later ones."""
    last = later[-1].step
    if any(fills_or_names(other, caches_of(run)) for other in later) or holds_the_end(last):
        return False
    return names_the_same(removal) or not (leaks(run.step.script) or leaks(last.script))


def _is_written_again(removal: Located, later: Sequence[RunSummary]) -> bool:
    """Whether a later RUN has the same `rm`."""
    if not names_the_same(removal):
        return False
    written = [word.text for word in removal.command.words]
    return any(
        [word.text for word in command.command.words] == written and _certainly_runs(command, other)
        for other in later
        for command in other.commands
    )


def _is_repeated(cost: CommandCost, later: Sequence[RunSummary]) -> bool:
    """Whether the manager's next command in the later RUNs empties its caches too."""
    used = cost.usage
    if used is None or used.manager.clean_up is None or not any(map(used.says, used.manager.clean_up.done_by)):
        return False
    for run in later:
        for command, other in zip(run.commands, run.costs, strict=True):
            if other.usage is not None and other.usage.manager is used.manager:
                # a cache in the home is another one once the script has set HOME
                same = used.manager.system or not command.assigned
                cleans = any(map(other.usage.says, used.manager.clean_up.done_by))
                return same and cleans and _certainly_runs(command, run)
    return False


def _certainly_runs(command: Located, run: RunSummary) -> bool:
    """Whether a RUN that succeeds has run a command: an element of its chain, which no `exit` skips."""
    is_element = command.depth == 0 and chain(run.step.script) is not None
    return is_element and not hides(run.step) and not ends_shell(run.step)


def caches_of(run: RunSummary) -> tuple[str, ...]:
    """The cache folders of the package managers that a RUN uses."""
    return tuple(cache for cost in run.costs if cost.usage is not None for cache in cost.usage.manager.caches)


def uses_caches(run: RunSummary, caches: tuple[str, ...]) -> bool:
    """Whether a RUN uses a package manager with one of the cache folders, for whatever."""
    return bool(_usages_with(run, caches))


def fills_or_names(run: RunSummary, caches: tuple[str, ...]) -> bool:
    """Whether a RUN fills one of the cache folders, or names it."""
    if any(usage.verb not in ("clean", "remove") for usage in _usages_with(run, caches)):
        return True
    return any(names_cache(word, caches) for command in run.commands for word in command.words)


def _usages_with(run: RunSummary, caches: tuple[str, ...]) -> list[Usage]:
    """The uses of package managers with one of the cache folders."""
    usages = (cost.usage for cost in run.costs)
    return [usage for usage in usages if usage is not None and not set(caches).isdisjoint(usage.manager.caches)]


def only_removes(command: Located, caches: tuple[str, ...]) -> bool:
    """Whether a command is an `rm` of nothing but cache folders, or of what is in them."""
    words = command.words
    if not words or program_name(words[0]) != "rm" or command.command.redirects:
        return False
    operands = [word for word in words[1:] if not word.text.startswith("-")]
    return bool(operands) and all(names_cache(word, caches) == "within" for word in operands)

"""Whether merging two neighbouring RUNs is an improvement, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.load import load
from dfix.rewriter.model.cache_folders import mounted, names_cache
from dfix.rewriter.model.cache_use import RunIndex, cache_uses, updates
from dfix.rewriter.neighbours.removal import removes_packages, undoes
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.merge_runs.kept_separate import keep_separate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.knowledge.clean_up_row import CleanUp
    from dfix.rewriter.neighbours.run_summary import RunSummary


class Benefit(NamedTuple):
    """Why merging neighbours is an improvement."""

    reason: str
    """A sentence for the user."""
    saves: bool = True
    """Whether the image gets smaller, or its package lists fresh; not only a layer less."""


def benefit(first: RunSummary, second: RunSummary) -> Benefit:
    """What merging two neighbours gains. Raises LeaveAlone with why they are kept separate where nothing is gained."""
    if not second.slow:
        undone = undoes(first, second)
        if undone:
            return Benefit(undone)
    for manager in second.managers:
        shared_lists = _same_manager(first, second, manager)
        if shared_lists is not None:
            return shared_lists
    if first.changes and second.changes and not first.slow:
        if first.quick and second.quick:
            return Benefit(
                f"`{first.title}` and `{second.title}` are quick and don't need separate layers", saves=False
            )
        if _families(first) & _families(second):
            setup = f"`{first.title}` prepares for `{second.title}`"
            return Benefit(f"{setup}; editing it already re-runs both, so nothing is lost by joining them", saves=False)
    return keep_separate(first, second)


def benefit_of_several(runs: Sequence[RunSummary]) -> Benefit | None:
    """What is gained where the last of three or four neighbours removes what the first made.

    A download, unpacked and removed; or packages that are only installed for the RUNs between.
    """
    first, *between, last = runs
    if last.slow:
        return None
    undone = removes_packages(first, last)
    if not undone and len(between) == 1 and not between[0].slow and not between[0].quick:
        undone = undoes(first, last)
    return Benefit(undone) if undone else None


def _families(run: RunSummary) -> set[str]:
    """The families of the managers that a RUN uses or sets up; yum and dnf are one, since they share settings."""
    return {load(manager).family for manager in (*run.managers, *run.prepares)}


def _same_manager(first: RunSummary, second: RunSummary, manager: str) -> Benefit | None:
    """The benefit where both RUNs use a package manager and the second relies on lists that the first fetched."""
    slow_uses = [index for index in second.uses(manager) if second.costs[index].level == "slow"]
    if not first.uses(manager) or not slow_uses:
        return None
    usage = second.costs[slow_uses[0]].usage
    if usage is None or usage.manager.clean_up is None or mounted(first.step, usage.manager.caches):
        return None
    if not first.slow or first.slow_besides(manager):
        return None
    install, update = second.shown(slow_uses[0]), first.title
    only_lists = all(cost.usage is None or cost.usage.verb == "update" for cost in first.costs if cost.level == "slow")
    if only_lists:
        return Benefit(f"when `{update}` comes from the cache, `{install}` uses outdated package lists")
    clean_up = usage.manager.clean_up
    if second.slow_besides(manager) or updates(usage, clean_up) or usage.has(clean_up.uncached):
        return None
    if not _relies_on_lists(first, manager, clean_up) or not _leaves_lists(first, manager):
        return None
    return Benefit(f"`{install}` uses the package lists that `{update}` leaves in the previous layer")


def _relies_on_lists(first: RunSummary, manager: str, clean_up: CleanUp) -> bool:
    """Whether an install that follows `first` finds no packages without lists that are there.

    Where it fetches them itself (dnf; apk, unless an update kept some), each RUN can clean up: clean-up makes it do so.
    """
    if not clean_up.lists or not clean_up.flag:
        return clean_up.lists
    up_to = first.step.stage.steps[: first.step.index + 1]
    uses = (use.usage for step in up_to if step.keyword == "RUN" for use in RunIndex().of(step).uses)
    return any(usage.manager.name == manager and updates(usage, clean_up) for usage in uses)


def _leaves_lists(run: RunSummary, manager: str) -> bool:
    """Whether package lists are there after a RUN: it fetches and keeps them, or keeps those of an earlier layer."""
    if any(cache_use.manager.name == manager for cache_use in cache_uses(run.step, RunIndex().of(run.step))):
        return True
    uses = [cost.usage for cost in run.costs if cost.usage is not None and cost.usage.manager.name == manager]
    clean_up = uses[0].manager.clean_up
    if clean_up is None or any(usage.verb in clean_up.filling_verbs for usage in uses):
        return False
    # it installs from lists of an earlier layer
    caches = uses[0].manager.caches
    return not any(
        command.words
        and program_name(command.words[0]) == "rm"
        and any(names_cache(word, caches) for word in command.words[1:])
        for command in run.commands
    )

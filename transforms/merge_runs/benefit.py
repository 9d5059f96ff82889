"""Whether one RUN of two neighbours would be better than two, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, NoReturn

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.load import load
from dfix.rewriter.model.cache_folders import mounted, names_cache
from dfix.rewriter.model.cache_use import Runs, fillings, updates
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.merge_runs.removal import undoes

if TYPE_CHECKING:
    from dfix.transforms.merge_runs.run_summary import Work


class Gain(NamedTuple):
    """Why neighbours belong together, as a sentence."""

    reason: str


def gain(first: Work, second: Work) -> Gain | None:
    """What a merge of two neighbours gains, None if there is nothing to say. Raises LeaveAlone where it gains none."""
    if not second.slow:
        why = undoes(first, second)
        if why:
            return Gain(why)
    for manager in second.managers:
        found = _same_manager(first, second, manager)
        if found is not None:
            return found
    if not first.changes or not second.changes:
        return None
    if first.slow:
        _keep_apart(first, second)
    if first.quick and second.quick:
        return Gain(f"`{first.title}` and `{second.title}` take little time and need no layer each")
    if _concerned(first) & _concerned(second):
        return Gain(f"`{first.title}` belongs to `{second.title}`, which an edit of it runs anew anyway")
    if second.slow:
        raise LeaveAlone("unrelated", f"`{first.title}` does nothing that `{second.title}` is known to need")
    return None


def gain_of_three(first: Work, between: Work, second: Work) -> Gain | None:
    """What is gained where the third of three neighbours removes what the first made: download, unpack, remove."""
    if second.slow or between.slow or between.quick:
        return None
    why = undoes(first, second)
    return Gain(why) if why else None


def _concerned(work: Work) -> set[str]:
    """The families of the managers that a RUN uses or sets up: those of RPM read each other's settings."""
    return {load(manager).family for manager in (*work.managers, *work.prepares)}


def _same_manager(first: Work, second: Work, manager: str) -> Gain | None:
    """Two steps of one package manager, where the later uses the lists that the earlier has fetched."""
    own = first.uses(manager)
    used = [index for index in second.uses(manager) if second.costs[index].cost == "slow"]
    if not own or not used:
        return None
    usage = second.costs[used[0]].usage
    if usage is None or usage.manager.clean_up is None or mounted(first.step, usage.manager.caches):
        return None
    if not first.slow or first.slow_beside(manager):
        return None
    asked, got = second.shown(used[0]), first.title
    only_lists = all(one.usage is None or one.usage.verb == "update" for one in first.costs if one.cost == "slow")
    if only_lists:
        return Gain(f"a cached `{got}` leaves `{asked}` with the package lists of the day on which it ran")
    clean_up = usage.manager.clean_up
    if second.slow_beside(manager) or updates(usage, clean_up) or usage.has(clean_up.uncached):
        return None
    if not _leaves_lists(first, manager):
        return None
    return Gain(f"`{asked}` uses the package lists that `{got}` leaves in the layer before it")


def _leaves_lists(work: Work, manager: str) -> bool:
    if any(filling.manager.name == manager for filling in fillings(work.step, Runs().of(work.step))):
        return True
    uses = [one.usage for one in work.costs if one.usage is not None and one.usage.manager.name == manager]
    clean_up = uses[0].manager.clean_up
    if clean_up is None or any(one.verb in clean_up.fills for one in uses):
        return False
    # it installs from lists that an earlier layer brings
    caches = uses[0].manager.caches
    return not any(
        command.words
        and program_name(command.words[0]) == "rm"
        and any(names_cache(w, caches) for w in command.words[1:])
        for command in work.commands
    )


def _keep_apart(first: Work, second: Work) -> NoReturn:
    if second.slow:
        both = f"`{first.title}` and `{second.title}` both take time"
        raise LeaveAlone("keeps-cache", f"{both}: apart, each keeps its cache")
    quick = f"`{second.title}` takes little time and `{first.title}` much"
    raise LeaveAlone("keeps-cache", f"{quick}: apart, an edit of the one does not repeat the other")

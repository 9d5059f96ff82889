"""The clean-up of each cache that a RUN fills, or why it has none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone, attempt
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.cache_use import (
    CacheUse,
    ManagerUse,
    RunCommands,
    RunIndex,
    cache_stays,
    mounts_are_known,
    updates,
)
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.model.yarn_version import is_classic
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.clean_up.cache_settings import not_moved
from dfix.transforms.clean_up.context_scripts import ContextScripts
from dfix.transforms.clean_up.given_variables import Given, given_variables
from dfix.transforms.clean_up.insertion import insertion
from dfix.transforms.clean_up.later_needs import (
    unneeded_besides_manager,
    unneeded_in_rest,
    unneeded_later,
    unused_afterwards,
)
from dfix.transforms.clean_up.needless_updates import removal, updates_are_needless
from dfix.transforms.clean_up.own_program import is_not_own
from dfix.transforms.clean_up.removed_files import Search
from dfix.transforms.clean_up.rule import CONTRACT, NAME
from dfix.transforms.clean_up.tool_version import knows_flag, needs_removal

_ONBUILD = "the text of an ONBUILD is part of the image's configuration, which must stay the same"


def clean_ups(
    model: Model, runs: RunIndex, filling: Sequence[tuple[Step, Sequence[CacheUse]]]
) -> Iterator[Change | Refusal]:
    """The clean-ups of RUNs, each given with the caches that it fills."""
    search = Search(model, runs, ContextScripts(model, runs))
    for step, filled in filling:
        yield from _of_run(search, step, filled)


def _of_run(search: Search, step: Step, filled: Sequence[CacheUse]) -> Iterator[Change | Refusal]:
    appended = False
    for cache_use in filled:
        flagged = _flagged(search, step, cache_use)
        if flagged is None or (appended and not flagged):
            continue
        try:
            is_not_own(search, step, cache_use)
            edits = _flags(search, step, cache_use, flagged) if flagged else _appended(search, step, cache_use)
            if step.onbuild:
                raise LeaveAlone("onbuild", _ONBUILD)
        except LeaveAlone as no:
            yield Refusal(NAME, step.instruction.span.start, *no.reason)
        else:
            appended = appended or not flagged
            reason = _reason(cache_use, with_flag=bool(flagged))
            worth = _worth(search, step, cache_use)
            yield Change(NAME, step.instruction.span.start, edits, reason, CONTRACT, worth=worth)


def _flagged(search: Search, step: Step, cache_use: CacheUse) -> tuple[ManagerUse, ...] | None:
    """The commands that get the manager's flag; () to append a command instead, None to leave the RUN as it is.

    With the flag every command fetches the package lists itself, so that an update before it can go.
    """
    clean_up = cache_use.clean_up
    if not clean_up.flag:
        return ()
    if clean_up.lists and any(use.usage.verb == "update" for use in cache_use.filled_by):
        needless = updates_are_needless(search, step, cache_use) and not _lists_are_needed(search, step, cache_use)
        return cache_use.filled_by if needless else ()
    if clean_up.lists and _updated_before(step, cache_use, search.runs):
        return None
    return () if needs_removal(search, step, cache_use) else cache_use.filled_by


def _lists_are_needed(search: Search, step: Step, cache_use: CacheUse) -> bool:
    """Whether a RUN needs its package lists for more than its installs: `apk update && apk add $(apk search …)`."""
    after = cache_use.filled_by[0].located.command.span.end
    no = attempt(partial(unneeded_besides_manager, search, step, cache_use, after=after))
    return no is not None


def _updated_before(step: Step, cache_use: CacheUse, runs: RunIndex) -> bool:
    """Whether an earlier RUN fetches the package lists that this one uses, so that only that one can remove them."""
    manager, clean_up = cache_use.manager, cache_use.clean_up

    def fetches_lists(run: RunCommands) -> bool:
        usages = (use.usage for use in run.uses if use.usage.manager is manager)
        return any(usage.verb == "update" and updates(usage, clean_up) for usage in usages)

    return runs.ran_before(step, ("fetches-lists", manager.name), fetches_lists)


def _flags(search: Search, step: Step, cache_use: CacheUse, flagged: tuple[ManagerUse, ...]) -> tuple[Edit, ...]:
    lists = any(updates(use.usage, cache_use.clean_up) for use in flagged)
    offline = next((use for use in cache_use.uses if use.usage.has(cache_use.clean_up.offline)), None)
    if offline is not None:
        raise LeaveAlone("needed-later", f"`{offline.shown}` in the same RUN installs from the cache")
    cache_stays(step, cache_use)
    not_moved(search, step, cache_use)
    mounts_are_known(step, cache_use)
    search.once(("knows-flag", cache_use.manager.name, step.stage), partial(knows_flag, search, step.stage, cache_use))
    unused_afterwards(cache_use, step, search.runs.of(step))
    unneeded_later(search, step, cache_use, lists=lists)
    edits = [removal(step, use) for use in flagged if use.usage.verb == "update"]
    installs = [use.usage.subcommand for use in flagged if use.usage.verb != "update"]
    ends = [word.span.end for word in installs if word is not None]
    flags = [Edit(Span(end, end), f" {cache_use.clean_up.flag}") for end in ends]
    return (*(edit for edit in edits if edit is not None), *flags)


def _appended(search: Search, step: Step, cache_use: CacheUse) -> tuple[Edit, ...]:
    lists = cache_use.clean_up.lists or cache_use.only_lists
    cache_stays(step, cache_use)
    not_moved(search, step, cache_use)
    unneeded_later(search, step, cache_use, lists=lists)
    if cache_use.runs_itself:
        mounts_are_known(step, cache_use)
    if cache_use.manager.name == "yarn":
        is_classic(search.model, step, cache_use.filled_by)
    given = given_variables(search, step, cache_use) if cache_use.runs_itself else Given()
    found = insertion(step, cache_use, given)
    unneeded_in_rest(search, step, cache_use, lists=lists, after=found.after)
    if search.runs.of(step).only_updates:
        shown = cache_use.filled_by[0].shown
        raise LeaveAlone("only-lists", f"`{shown}` fetches package lists that nothing uses", "remove the RUN")
    return (found.edit,)


def _reason(cache_use: CacheUse, *, with_flag: bool) -> str:
    shown = cache_use.filled_by[0].shown
    if with_flag and cache_use.filled_by[0].usage.verb == "update":
        return f"`{shown}` leaves package lists in this layer; with {cache_use.clean_up.flag} no install needs it"
    if with_flag:
        return f"`{shown}` leaves its cache in this layer; {cache_use.clean_up.flag} avoids that"
    if cache_use.clean_up.lists:
        return f"`{shown}` leaves package lists in this layer; only this RUN can remove them"
    return f"`{shown}` leaves its cache in this layer; only this RUN can remove it"


def _worth(search: Search, step: Step, cache_use: CacheUse) -> str:
    """How much smaller the image gets: what the first package lists of a stage that ships take."""
    known = cache_use.clean_up.megabytes
    if not known or not step.stage.ships or _updated_before(step, cache_use, search.runs):
        return ""
    image = base_image(step.stage.base.image)
    if image is None or image.release not in known:
        return ""
    return f"about {known[image.release]} MB less in the image (package lists of {image.release}, measured)"

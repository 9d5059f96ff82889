"""The mounts of each cache of a Dockerfile: for all RUNs that use it, or why for none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.yarn_version import is_classic
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.cache_mounts.builder import has_mounts
from dfix.transforms.cache_mounts.cache_places import cache_folders, flag
from dfix.transforms.cache_mounts.cached_run import shared_caches
from dfix.transforms.cache_mounts.emptying import Emptying, emptying
from dfix.transforms.cache_mounts.later_uses import does_not_ship, unused_elsewhere, updates_itself
from dfix.transforms.cache_mounts.mount_edits import mount_edits
from dfix.transforms.cache_mounts.named_folders import DOCKER_CLEAN, not_copied, not_named
from dfix.transforms.cache_mounts.own_mounts import authors_flag, is_mounted
from dfix.transforms.cache_mounts.rule import CONTRACT, NAME
from dfix.transforms.cache_mounts.settings import usual_settings

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.text.source import Edit
    from dfix.transforms.cache_mounts.cache_places import CacheFolder
    from dfix.transforms.cache_mounts.cached_run import CachedRun, SharedCache


class _Plan(NamedTuple):
    """What one RUN gets."""

    run: CachedRun
    missing: list[CacheFolder]
    """The folders that it does not mount yet."""
    emptying: Emptying


def cache_mounts(model: Model) -> Iterator[Change | Refusal]:
    """The change or refusal of each cache."""
    for cache in shared_caches(model):
        offset = cache.first.step.instruction.span.start
        try:
            edits = _edits(cache)
        except LeaveAlone as no:
            yield Refusal(NAME, offset, *no.reason)
        else:
            if edits:
                yield Change(NAME, offset, tuple(edits), _reason(cache), CONTRACT)


def _reason(cache: SharedCache) -> str:
    what = "starts with an empty cache whenever it re-runs; a cache mount keeps the cache on this builder"
    return f"`{cache.first.uses[0].shown}` {what} (a fresh CI machine gains nothing, unless the builder is kept)"


def _edits(cache: SharedCache) -> list[Edit]:
    """Everything that is written for one cache; nothing where all RUNs have their mounts."""
    folders = {run.step: _folders(cache, run) for run in cache.runs}
    missing = {run.step: [f for f in folders[run.step] if not is_mounted(run.step, f)] for run in cache.runs}
    if not any(missing.values()):
        return []
    has_mounts(cache.model)
    if cache.manager.name == "yarn":
        for run in cache.runs:
            is_classic(cache.model, run.step, run.uses)
    usual_settings(cache)
    plans = []
    for run in cache.runs:
        if run.step.onbuild:
            raise LeaveAlone("onbuild", "the text of an ONBUILD is part of the image's configuration")
        found = emptying(cache, run, folders[run.step])
        updates_itself(cache, run, complete=found.complete)
        plans.append(_Plan(run, missing[run.step], found))
    _unread(cache, plans, list(dict.fromkeys(folder for found in folders.values() for folder in found)))
    needed = dict.fromkeys(folder for plan in plans for folder in plan.missing)
    authors = {folder: authors_flag(cache, folder) for folder in needed}
    edits = []
    for plan in plans:
        if not plan.missing:
            continue
        flags = [authors[folder] or flag(cache, plan.run.step, folder) for folder in plan.missing]
        keeps = any(map(_holds_packages, plan.missing)) and _deletes_packages(cache, plan.run.step)
        edits += [*mount_edits(plan.run.step, flags, keeps_packages=keeps), *plan.emptying.edits]
    return edits


def _folders(cache: SharedCache, run: CachedRun) -> list[CacheFolder]:
    """The folders that a RUN may mount: where the image ships, only those that the author empties."""
    found = cache_folders(cache, run)
    if not cache.shipping.image_of(run.step.stage):
        return found
    found = [folder for folder in found if folder.written in cache.mount.in_place_of]
    if not found:
        does_not_ship(cache, run)
    return found


def _unread(cache: SharedCache, plans: list[_Plan], folders: list[CacheFolder]) -> None:
    """Raise LeaveAlone where anything reads what RUNs leave in the folders today."""
    allowed = {command for plan in plans for command in plan.emptying.commands}
    not_named(cache, [folder.written for folder in folders], allowed)
    not_copied(cache, folders, kept=(DOCKER_CLEAN,) if any(map(_holds_packages, folders)) else ())
    for plan in plans:
        if not plan.emptying.complete:
            does_not_ship(cache, plan.run)
    if not all(plan.emptying.complete for plan in plans):
        unused_elsewhere(cache)


def _holds_packages(folder: CacheFolder) -> bool:
    """Whether apt keeps packages in the folder, if the image lets it."""
    return folder.path == "/var/cache/apt"


def _deletes_packages(cache: SharedCache, step: Step) -> bool:
    """Whether the image may delete packages after each install: no earlier RUN has turned that off.

    The first RUN of the stage that uses apt turns it off, for all that come after it.
    """
    if cache.shipping.image_of(step.stage):
        return False
    for stage in step.stage.ancestry():
        for other in stage.steps:
            before = stage is not step.stage or other.index < step.index
            if other.keyword != "RUN" or not (before or other is step):
                continue
            if "docker-clean" in other.source_text:
                return False
            if before and not cache.shipping.image_of(stage) and any(run.step is other for run in cache.runs):
                return False
    return True

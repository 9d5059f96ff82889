"""The RUNs that use a package manager's cache folders, in the stages that build on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.cache_use import RunIndex
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.cache_mounts.shipping import Shipping

if TYPE_CHECKING:
    from dfix.rewriter.knowledge import Manager
    from dfix.rewriter.knowledge.mount_row import CacheMount
    from dfix.rewriter.model import Model, Stage, Step
    from dfix.rewriter.model.cache_use import ManagerUse


class CachedRun(NamedTuple):
    """A RUN that uses the cache of a manager."""

    step: Step
    uses: tuple[ManagerUse, ...]
    """Its commands that use the cache, in source order."""


class SharedCache(NamedTuple):
    """A manager's cache, as the stages on one base image use it: all of their RUNs get the mount, or none."""

    model: Model
    run_index: RunIndex
    shipping: Shipping
    manager: Manager
    mount: CacheMount
    stages: tuple[Stage, ...]
    runs: tuple[CachedRun, ...]
    """Never empty."""

    @property
    def others(self) -> list[Step]:
        """The other RUNs of these stages."""
        used = {run.step for run in self.runs}
        steps = (step for stage in self.stages for step in stage.steps)
        return [step for step in steps if step.keyword == "RUN" and step not in used]

    @property
    def first(self) -> CachedRun:
        """The RUN that a message speaks of."""
        return self.runs[0]


def shared_caches(model: Model) -> list[SharedCache]:
    """Every cache that RUNs use and that a mount can keep, in the order of the file."""
    index, shipping = RunIndex(), Shipping(model)
    families: dict[Stage, list[Stage]] = {}
    for stage in model.stages:
        families.setdefault(stage.base, []).append(stage)
    found = []
    for stages in families.values():
        runs = [step for stage in stages for step in stage.steps if step.keyword == "RUN"]
        managers = {use.usage.manager.name: use.usage.manager for run in runs for use in index.of(run).uses}
        for manager in managers.values():
            mount = manager.mount
            if mount is None:
                continue
            used = [CachedRun(step, uses) for step in runs if (uses := _uses(index, step, manager, mount))]
            if used:
                found.append(SharedCache(model, index, shipping, manager, mount, tuple(stages), tuple(used)))
    return found


def _uses(index: RunIndex, step: Step, manager: Manager, mount: CacheMount) -> tuple[ManagerUse, ...]:
    return tuple(use for use in index.of(step).uses if use.usage.manager is manager and uses_cache(use, mount))


def uses_cache(use: ManagerUse, mount: CacheMount) -> bool:
    """Whether a command of the manager uses its cache."""
    usage = use.usage
    if usage.asks:
        return False
    words = [word.literal_or_text for word in usage.arguments[:2]]
    first, both = words[0] if words else "", " ".join(words)
    if "*" in mount.verbs:
        return first not in mount.idle
    return first in mount.verbs or both in mount.verbs

"""The mounts that RUNs have already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.paths import within

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.transforms.cache_mounts.cache_places import CacheFolder
    from dfix.transforms.cache_mounts.cached_run import SharedCache


def is_mounted(step: Step, folder: CacheFolder) -> bool:
    """Whether the author mounts a cache on a folder, or on one above it. Raises LeaveAlone for another mount there."""
    for mount in step.mounts:
        if mount.target is None:
            if mount.kind == "cache":
                told = f"the RUN on line {step.instruction.line} mounts a cache on a folder that is not known"
                raise LeaveAlone("mount", told)
        elif within(folder.path, mount.target):
            if mount.kind == "cache":
                return True
            told = f"the RUN on line {step.instruction.line} mounts {mount.target} already, with type={mount.kind}"
            raise LeaveAlone("mount", told)
        elif within(mount.target, folder.path):
            told = f"the RUN on line {step.instruction.line} mounts {mount.target}, which is in the folder"
            raise LeaveAlone("mount", told)
    return False


def authors_flag(cache: SharedCache, folder: CacheFolder) -> str:
    """The author's own mount of a folder, with which RUNs without it share it; "" for none.

    Raises LeaveAlone if there are several different ones, or one of a folder above.
    """
    found: dict[str, Step] = {}
    for step in (run.step for run in cache.runs):
        for option in step.instruction.flags:
            if option.name == "mount" and option.value is not None and is_of(step, option.value, folder):
                found.setdefault(option.value, step)
    if len(found) > 1 or any(not _exactly(step, folder) for step in found.values()):
        line = next(iter(found.values())).instruction.line
        told = f"the RUN on line {line} mounts {cache.manager.name}'s cache, and other RUNs that use it don't"
        raise LeaveAlone("mount", told, "give each RUN that uses the cache the same mount")
    return f"--mount={next(iter(found))}" if found else ""


def is_of(step: Step, value: str, folder: CacheFolder) -> bool:
    """Whether a mount, as written, is one on a folder or above it."""
    flags = [flag for flag in step.instruction.flags if flag.name == "mount" and flag.value is not None]
    targets = [mount.target for flag, mount in zip(flags, step.mounts, strict=True) if flag.value == value]
    return any(target is not None and within(folder.path, target) for target in targets)


def _exactly(step: Step, folder: CacheFolder) -> bool:
    return any(mount.target == folder.path for mount in step.mounts)

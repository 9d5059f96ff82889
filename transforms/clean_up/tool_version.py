"""Whether the package manager of an image is new enough for its flag."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import partial
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.possible_images import ANY, possible_images
from dfix.transforms.clean_up.installed_version import Versions, may_be_old
from dfix.transforms.clean_up.overlap import overlap

if TYPE_CHECKING:
    from dfix.rewriter.model import Stage, Step
    from dfix.rewriter.model.cache_use import CacheUse
    from dfix.transforms.clean_up.removed_files import Search


def knows_flag(search: Search, stage: Stage, cache_use: CacheUse) -> None:
    """Raise LeaveAlone where the image's manager is too old for the flag, unless the author already uses it."""
    clean_up, images = cache_use.clean_up, _images(search, stage)
    if not _is_used(search, stage, clean_up.flag) and all(_is_one(image, clean_up.too_old) for image in images):
        raise LeaveAlone(
            "tool-version", f"{cache_use.manager.name} in {images[0]} may be too old to know {clean_up.flag}"
        )


def needs_removal(search: Search, step: Step, cache_use: CacheUse) -> bool:
    """Whether the cache has to be removed, because the manager may not know the flag or may change more with it.

    False where no image that the FROM may name has a manager that knows the flag.
    """
    clean_up, stage = cache_use.clean_up, step.stage
    too_old = search.once(
        ("may-be-too-old", cache_use.manager.name, stage), partial(_too_old, search, stage, clean_up.too_old)
    )
    if too_old is not None and not _is_used(search, stage, clean_up.flag):
        return not too_old
    if not clean_up.flag_changes:
        return False
    return may_be_old(search.runs, step, cache_use, partial(_at_first, search, cache_use))


def _too_old(search: Search, stage: Stage, patterns: tuple[str, ...]) -> bool | None:
    """Whether all images that a stage's FROM may name are too old for the flag; None where none is."""
    images = _images(search, stage)
    if not any(_may_be(image, patterns) for image in images):
        return None
    return all(_is_one(image, patterns) for image in images)


def _at_first(search: Search, cache_use: CacheUse, stage: Stage) -> Versions:
    """The versions with which a stage begins that is based on an image."""
    clean_up, images = cache_use.clean_up, _images(search, stage)
    old = any(_may_be(image, clean_up.flag_changes) for image in images)
    recent = all(_is_one(image, clean_up.recent) for image in images)
    environments = old or any(_may_be(image, clean_up.old_environments) for image in images)
    return Versions(old, environments, not old and not recent)


def _images(search: Search, stage: Stage) -> tuple[str, ...]:
    return search.once(("possible-images", stage.base), partial(possible_images, search.model, stage))


def _is_used(search: Search, stage: Stage, flag: str) -> bool:
    def in_a_run() -> bool:
        return any(flag in step.source_text for step in stage.steps if step.keyword == "RUN")

    return search.once(("uses-flag", stage, flag), in_a_run)


def _names(image: str) -> set[str]:
    """The image's name as it is, and without registry and user: "debian:9" for "amd64/debian:9"."""
    return {image, image.rpartition("/")[2]}


def _may_be(image: str, patterns: tuple[str, ...]) -> bool:
    """Whether an image may match; the last matching pattern wins, and `!pattern` excludes."""
    for name in _names(image):
        matches = False
        for pattern in patterns:
            if pattern[0] == "!":
                matches = matches and not fnmatchcase(name, pattern[1:])
            else:
                matches = matches or overlap(name, pattern)
        if matches:
            return True
    return False


def _is_one(image: str, patterns: tuple[str, ...]) -> bool:
    """Whether an image certainly matches, whatever an unknown part of its name is."""
    if ANY in image and not any(fnmatchcase(image, pattern) for pattern in patterns):
        return False
    return _may_be(image, patterns)

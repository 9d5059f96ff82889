"""The stages of a Dockerfile that contain the layers of an image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.possible_bases import may_build_on
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

    from dfix.rewriter.model import Model, Stage
    from dfix.transforms.clean_up.removed_files import Search


class Family(NamedTuple):
    """Stages that contain the layers of an image, in one Dockerfile."""

    search: Search
    stages: list[Stage]
    names: frozenset[str]
    """By which COPY --from and mounts of that Dockerfile name such an image, besides the names of its stages."""


def family_of(model: Model, roots: Collection[Stage]) -> list[Stage]:
    """The stages of a Dockerfile that build FROM one of these, directly or indirectly, with those of `roots` in it.

    One that a build argument may make build on them counts too.
    """
    family: list[Stage] = []
    found: set[Stage] = set()
    for stage in model.stages:
        named = stage.parent is not None and (stage.parent in roots or stage.parent in found)
        if stage in roots or named or ("$" in stage.image and _may_build_on_one(model, stage, [*roots, *family])):
            family.append(stage)
            found.add(stage)
    return family


def _may_build_on_one(model: Model, stage: Stage, bases: Collection[Stage]) -> bool:
    return any(may_build_on(stage, base, model.stages) for base in bases)

"""What other files do with the image of a Dockerfile: the containers that they start from it."""

from __future__ import annotations

import os
from collections.abc import Iterator

from dfix.rewriter.context.image_records import Container, ImageNames, ImageUses
from dfix.rewriter.context.image_uses import image_uses
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.stage import Stage


def uses_of_image(model: Model) -> ImageUses:
    """The builds and containers that files declare near a Dockerfile; none without a build context."""
    context = model.context
    if context is None:
        return ImageUses([], [], ())
    key = ("image uses", model.source.path)
    found = context.answers.get(key)
    if not isinstance(found, ImageUses):
        found = context.answers[key] = image_uses(model.source.path, context.within)
    return found


def containers_of(model: Model, stage: Stage) -> Iterator[Container]:
    """The containers that files start from a stage of the Dockerfile, as it is the last one or a build's target."""
    uses, path = uses_of_image(model), os.path.realpath(model.source.path)
    targets = {str(stage.index), stage.name or "", "" if stage is model.stages[-1] else str(stage.index)}
    builds = [one for one in uses.builds if one.dockerfile == path and one.target in targets]
    names = ImageNames(name for one in builds for name in one.names)
    for container in uses.containers:
        if any(names.find(name) is not None for name in container.names):
            yield container

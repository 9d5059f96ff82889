"""The images on which a stage may be built: what the values of build arguments make of its FROM."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from dfix.rewriter.context.image_records import filled_in
from dfix.rewriter.dockerfile.expand import expand
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.model.container_commands import uses_of_image
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.model.build import Model
    from dfix.rewriter.model.stage import Stage

ANY = "*"
"""What stands for text that only a build knows; no name of an image has it."""
_PLAIN = expression(r"\$(?:\{(?P<braced>\w+)\}|(?P<plain>\w+))")
_PREFIXES = ("docker.io/", "index.docker.io/", "library/")


def possible_images(model: Model, stage: Stage) -> tuple[str, ...]:
    """The names of the images, without `docker.io/library/` and digests, with ANY for what is not known.

    The defaults of the build arguments make one of them, and the values that files near the Dockerfile give to its
    builds make the others. A digest without a tag may be any of the image's releases.
    """
    base = stage.base
    words = base.instruction.words
    raw = words[0].text if words else base.image
    if "$" not in raw:
        return (_short(base.image),)
    ordinary = _named(model, base, raw, {})
    given = [_named(model, base, raw, arguments) for arguments in _arguments(model, base)]
    others = [name for name in given if name != ordinary]
    # what is not known is one of the values that files give, where there are any
    given = others or [ordinary] if ANY in ordinary else [ordinary, *others]
    return tuple(dict.fromkeys(image for name in given for image in _images(model, base, name)))


def _images(model: Model, base: Stage, name: str) -> tuple[str, ...]:
    """The image of that name, or those of the stage before `base` that it names."""
    earlier = [stage for stage in model.stages[: base.index] if stage.name == name.lower()]
    if earlier and base in model.stages:
        return possible_images(model, earlier[-1])
    return (_short(name),)


def _arguments(model: Model, base: Stage) -> list[Mapping[str, str]]:
    """The build arguments that files near the Dockerfile give to its builds."""
    if base not in model.stages:  # of another Dockerfile
        return []
    path = os.path.realpath(model.source.path)
    builds = (build for build in uses_of_image(model).builds if build.dockerfile == path)
    return [build.arguments for build in builds if build.arguments]


def _named(model: Model, base: Stage, raw: str, arguments: Mapping[str, str]) -> str:
    """The word of a FROM with these arguments."""
    values = {name: filled_in(value, ANY) for name, value in arguments.items()}
    escape = model.tree.escape
    for name, default in base.defaults.items():
        if name not in values:
            values[name] = _expanded(default, values, escape)
    return _expanded(raw, values, escape)


def _expanded(word: str, values: Mapping[str, str], escape: str) -> str:
    def unknown(found: re.Match[str]) -> str:
        return found[0] if values.get(found["braced"] or found["plain"]) else ANY

    try:
        return expand(_PLAIN.sub(unknown, word), values, escape)
    except ExpansionError:
        return ANY


def _short(image: str) -> str:
    name, at, _ = image.lower().partition("@")
    for prefix in _PREFIXES:
        name = name.removeprefix(prefix)
    return f"{name}:{ANY}" if at and ":" not in name.rpartition("/")[2] else name

"""Each place of a Dockerfile that takes an image from a registry: FROM, `COPY --from`, `RUN --mount=from=`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from dfix.rewriter.bases.global_arguments import Expanded, GlobalArguments
from dfix.rewriter.bases.image_reference import ImageReference, image_reference
from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.dockerfile.stage_names import stage_number
from dfix.rewriter.model import Model
from dfix.rewriter.model.possible_bases import around_variables, with_any_values
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.report.output import bounded
from dfix.rewriter.text.named_tuple import NamedTuple

Kind = Literal["image", "scratch", "unknown"]
_Place = tuple[str, str]
"""The path of a file, and its root."""
_PLACEHOLDERS = ("{{", "{%", "<%", "%%")


class BaseUse(NamedTuple):
    """One use of an image."""

    path: str
    root: str
    """The top of the repository that the file belongs to."""
    line: int
    stage: str
    """The name of the stage, or its number."""
    ships: bool
    """Whether that stage is part of an image that is built."""
    instruction: str
    """FROM, COPY, ADD or RUN."""
    written: str
    """The word in the file."""
    kind: Kind
    reference: ImageReference | None
    """The image, with the defaults of the build arguments; None unless `kind` is "image"."""
    arguments: tuple[tuple[str, str], ...]
    """The build arguments in the word, with their defaults."""
    why: str
    """Why the image is not known, as a phrase; "" if it is."""
    platform: str = ""
    """The one that `FROM --platform=` names, where no variable is in it."""


def base_uses(model: Model, root: str) -> Iterator[BaseUse]:
    """Each use, in the order of the file. What names a stage of the file is none, nor is an ONBUILD instruction."""
    arguments = GlobalArguments(model.tree)
    place = model.source.path, root
    before: set[str] = set()
    stages = {stage.name for stage in model.stages if stage.name}
    for stage in model.stages:
        if stage.parent is None:
            word = stage.instruction.words[0].text
            expanded = arguments.expand(word)
            if not _names_stage(word, expanded.text, before):
                yield _of_from(stage, word, expanded, place)
        if stage.name is not None:
            before.add(stage.name)
        for step in stage.steps:
            for image in _images(step):
                if image.lower() not in stages and "$" not in image and stage_number(image) is None:
                    yield _use(step.instruction, stage, image, image, place)


def _names_stage(word: str, text: str | None, before: set[str]) -> bool:
    """Whether a FROM builds on a stage, or on one that the builder's own values choose (`FROM base-$TARGETARCH`).

    A variable with no text around it may name any image, and is not taken for a stage.
    """
    if text is not None:
        return text.lower() in before
    if not any(around_variables(word)):
        return False
    wanted = with_any_values(word.lower())
    return any(wanted.matches(name) for name in before)


def _of_from(stage: Stage, word: str, expanded: Expanded, place: _Place) -> BaseUse:
    use = _use(stage.instruction, stage, word, expanded.text, place)
    flag = stage.instruction.flag("platform")
    named = (flag.value or "") if flag is not None else ""
    use = use._replace(platform="" if "$" in named else named)
    if use.kind != "unknown":
        return use._replace(arguments=expanded.arguments)
    return use._replace(arguments=expanded.arguments, why=expanded.why or use.why)


def _images(step: Step) -> Iterator[str]:
    """The words of a step that name a stage or an image."""
    if step.onbuild:
        return
    if step.keyword in ("COPY", "ADD"):
        flag = step.instruction.flag("from")
        if flag is not None and flag.value:
            yield flag.value
    elif step.keyword == "RUN":
        yield from (mount.from_ for mount in step.mounts if mount.from_)


def _use(instruction: Instruction, stage: Stage, word: str, text: str | None, place: _Place) -> BaseUse:
    kind: Kind = "unknown"
    reference = None
    why = ""
    if text == "scratch":
        kind = "scratch"
    elif text is not None:
        reference = image_reference(text)
        kind = "image" if reference is not None else "unknown"
        if reference is None:
            template = any(mark in text for mark in _PLACEHOLDERS)
            why = "a template's placeholder" if template else f"`{bounded(text)}` is not an image name"
    name = stage.name or str(stage.index)
    return BaseUse(*place, instruction.line, name, stage.ships, instruction.keyword, word, kind, reference, (), why)

"""Builds the model from the tree: stages, the settings that apply at each instruction, which stages ship."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from dfix.rewriter.dockerfile import Instruction, Tree
from dfix.rewriter.dockerfile.lexing import BLANKS
from dfix.rewriter.dockerfile.stage_names import stage_number
from dfix.rewriter.knowledge.image_variables import image_variables
from dfix.rewriter.knowledge.working_folders import working_folder
from dfix.rewriter.model.images import family, repository
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.model.stage import Stage, Step, known
from dfix.rewriter.model.windows import windows
from dfix.rewriter.text.source import Source

if TYPE_CHECKING:
    from dfix.rewriter.context.folder import Context


class Model:
    """What a Dockerfile means.

    `opaque` says why dfix leaves the whole file as it is, "" if it does not. The build context is opened when a
    transform first asks for it, because most files never need it.
    """

    __slots__ = ("_context", "_open", "opaque", "source", "stages", "target", "tree")

    def __init__(self, tree: Tree, target: str, open_context: Callable[[], Context | None]) -> None:
        self.tree = tree
        self.source: Source = tree.source
        self.target = target
        self.stages: tuple[Stage, ...] = ()
        self.opaque = ""
        self._open = open_context
        self._context: Context | None = None

    @property
    def context(self) -> Context | None:
        """The build context; None if there is none to look at."""
        if self._context is None:
            self._context = self._open()
        return self._context


def build(
    tree: Tree,
    target: str = "",
    open_context: Callable[[], Context | None] = lambda: None,
    images: Mapping[str, Stage] = MappingProxyType({}),
) -> Model:
    """The model of a tree without faults. `target` is the builder that the settings name, "" for none.

    `images` are stages of other Dockerfiles on which a stage builds, by the word that its FROM uses for their images.
    """
    model = Model(tree, target, open_context)
    stages: list[Stage] = []
    defaults: dict[str, str] = {}
    for instruction in tree.instructions:
        if instruction.keyword == "FROM":
            stages.append(_stage(instruction, stages, tree.escape, images))
            stages[-1].defaults = defaults
        elif stages:
            _step(stages[-1], instruction, tree.escape)
        elif instruction.keyword == "ARG":
            words = (word.text.partition("=") for word in instruction.words)
            defaults.update((name, value) for name, sign, value in words if sign)
    _mark_shipping(stages)
    model.stages = tuple(stages)
    model.opaque = windows(tree, stages) or _template(tree, stages)
    return model


def _stage(instruction: Instruction, before: list[Stage], escape: str, images: Mapping[str, Stage]) -> Stage:
    words = [word.text for word in instruction.words]
    raw = words[0] if words else ""
    own_name = words[2].lower() if len(words) >= 3 and words[1].upper() == "AS" else None
    image = known(raw, {}, escape) or raw  # what a build argument makes of it is not known
    stage = Stage(len(before), instruction, own_name, image)
    earlier = next((earlier for earlier in reversed(before) if earlier.name == image.lower()), images.get(raw))
    if earlier is not None:
        stage.parent = earlier
        stage.family, stage.shell, stage.user = earlier.family, earlier.shell, earlier.user
        stage.workdir = earlier.workdir
        stage.env = earlier.env
        return stage
    stage.family = family(image)
    name, tag = repository(image.lower())
    stage.workdir = working_folder(name, tag) or "?"
    stage.env = image_variables(name)
    return stage


def _step(stage: Stage, instruction: Instruction, escape: str) -> None:
    inner = instruction.inner
    step = Step(inner or instruction, stage, len(stage.steps), inner is not None)
    stage.steps.append(step)
    if inner is not None:
        return
    keyword = instruction.keyword
    if keyword == "USER":
        stage.user = known(instruction.value, stage.env, escape) or "?"
    elif keyword == "WORKDIR":
        folder = known(instruction.value, stage.env, escape)
        stage.workdir = None if folder is None else resolve(stage.workdir, folder)
    elif keyword == "SHELL":
        stage.shell = tuple(word.text for word in instruction.json or ())
    elif keyword == "ENV":
        stage.env = {**stage.env, **_assignments(instruction, stage, escape)}
    elif keyword == "ARG":
        arguments = {word.text.partition("=")[0] for word in instruction.words}
        # an ENV of the same name wins over a build argument (BuildKit's documentation, "Using ARG variables")
        stage.env = {**dict.fromkeys(arguments), **stage.env}


def _assignments(instruction: Instruction, stage: Stage, escape: str) -> dict[str, str | None]:
    return {name: known(value, stage.env, escape) for name, value in assignments(instruction)}


def assignments(instruction: Instruction) -> list[tuple[str, str]]:
    """The names and unexpanded values that an ENV or LABEL sets, in either form (`A=b` or `A b`)."""
    words = instruction.words
    if not words:
        return []
    if "=" not in words[0].text:
        name, value = BLANKS.split(instruction.value, maxsplit=1)
        return [(name, value)]
    pairs = (word.text.partition("=") for word in words)
    return [(name, value) for name, _, value in pairs]


def _mark_shipping(stages: list[Stage]) -> None:
    """Mark the last stage, every stage that no other uses (it is built with --target), and the stages they build on."""
    used: set[int] = set()
    for stage in stages:
        if stage.parent in stages:
            used.add(stage.parent.index)
        for step in stage.steps:
            used.update(stage.index for stage in used_stages(step, stages))
    for stage in reversed(stages):
        if stage.index == len(stages) - 1 or stage.index not in used:
            stage.ships = True
        if stage.ships and stage.parent is not None:
            stage.parent.ships = True


def used_stages(step: Step, stages: Sequence[Stage]) -> list[Stage]:
    """The stages that a step copies or mounts from."""
    if step.keyword in ("COPY", "ADD"):
        flag = step.instruction.flag("from")
        names = [flag.value] if flag is not None and flag.value else []
    elif step.keyword == "RUN":
        names = [mount.from_ for mount in step.mounts if mount.from_]
    else:
        return []
    wanted = [(name.lower(), stage_number(name)) for name in names]
    return [stage for name, number in wanted for stage in stages if stage.name == name or stage.index == number]


def _template(tree: Tree, stages: list[Stage]) -> str:
    """Why a file looks like a template, whose rendered text is unknown; "" if it does not."""
    if any(mark in stage.image for stage in stages for mark in ("{{", "<%", "%%")):
        return "a base image is a template's tag: run dfix on the rendered file"
    for mark in ("{%", "<%"):
        if mark in tree.source.text and any(mark in instruction.logical for instruction in tree.instructions):
            return f"`{mark}` looks like a template's tag: run dfix on the rendered file"
    return ""

"""The steps of a Dockerfile by the names that an engine gives them: what each took, and on which line it is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.measured.records import Took, keys
from dfix.rewriter.model import Model, Stage, Step, build
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.engine import Built
from dfix.rewriter.verify.image import Image

_NAME = expression(r"\[(?:[^\]\s]*/\S+ )?(?:(?P<stage>[^\]\s/]+) +)?(?P<number>\d+)/(?P<all>\d+)\] (?P<keyword>\w+)")
"""BuildKit's name of a step: `[linux/amd64 build 2/5] RUN npm ci`."""
_LAYERS = ("RUN", "COPY", "ADD", "WORKDIR")


def step_times(source: Source, target: str, built: Built, image: Image) -> tuple[tuple[str, Took], ...]:
    """The steps that ran, each by its key; without those whose engine doesn't say when they began and ended."""
    model = build(parse(source))
    if model.opaque or not model.stages:
        return ()
    seconds = dict(_seconds(model, built))
    sizes = dict(_sizes(model, target, image))
    return tuple((key, Took(round(seconds[step], 3), sizes.get(step))) for step, key in keys(model) if step in seconds)


def _seconds(model: Model, built: Built) -> Iterator[tuple[Step, float]]:
    for ran in built.steps:
        if ran.cached or ran.seconds is None:
            continue
        step = _named(model, ran.name)
        if step is not None:
            yield step, ran.seconds


def line_of(source: Source, name: str) -> int:
    """The line of the step that an engine names; 0 where that is not clear."""
    model = build(parse(source))
    if model.opaque or not model.stages:
        return 0
    step = _named(model, name)
    if step is not None:
        return step.instruction.line
    text = name.partition("] ")[2].split()
    alike = [one for stage in model.stages for one in stage.steps if text and one.instruction.logical.split() == text]
    return alike[0].instruction.line if len(alike) == 1 else 0


def _named(model: Model, step_name: str) -> Step | None:
    """The step with a name of BuildKit's, which has its stage and number."""
    name = _NAME.match(step_name)
    if name is None:
        return None
    named = (name["stage"] or "").lower()
    stages = [stage for stage in model.stages if named in (stage.name, f"stage-{stage.index}")]
    if not named and len(model.stages) == 1:
        stages = list(model.stages)
    if len(stages) != 1:
        return None
    steps = _steps(stages[0])
    first = int(name["all"]) - len(steps)  # 1 where the FROM, which names an image, counts as a step
    at = int(name["number"]) - 1 - first
    fits = first in (0, 1) and 0 <= at < len(steps) and steps[at].keyword == name["keyword"]
    return steps[at] if fits else None


def _sizes(model: Model, target: str, image: Image) -> Iterator[tuple[Step, int]]:
    return ((step, image.layers[at].size) for at, step in steps_of_layers(model, target, image).items())


def steps_of_layers(model: Model, target: str, image: Image) -> dict[int, Step]:
    """By the number of a layer: the step that made it, in the stage that was built or one that it is built on.

    The layers of the base image are missing, and all where the engine doesn't say what made them.
    """
    history = image.config.get("history")
    entries = [one for one in history if _makes_layer(one)] if isinstance(history, list) else []
    steps = _shipped(model, target)
    if len(entries) != len(image.layers) or len(entries) < len(steps):
        return {}
    begin = len(entries) - len(steps)
    made = [str(one.get("created_by", "")).split(" ", 1)[0] for one in entries[begin:]]
    return dict(enumerate(steps, begin)) if made == [step.keyword for step in steps] else {}


def _makes_layer(entry: Any) -> bool:
    return isinstance(entry, dict) and not entry.get("empty_layer")


def _shipped(model: Model, target: str) -> list[Step]:
    return [step for stage in shipped_stages(model, target) for step in _steps(stage)]


def shipped_stages(model: Model, target: str) -> list[Stage]:
    """The stage that is built, and those that it is built on before it."""
    stages = [stage for stage in model.stages if target.lower() in (stage.name, str(stage.index))]
    stage: Stage | None = stages[0] if target and stages else model.stages[-1]
    found: list[Stage] = []
    while stage is not None:
        found.insert(0, stage)
        stage = stage.parent
    return found


def _steps(stage: Stage) -> list[Step]:
    return [step for step in stage.steps if step.keyword in _LAYERS and not step.onbuild]

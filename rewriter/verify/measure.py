"""Measuring what a rewrite gains: rebuilds after typical edits, layers, bytes."""

from __future__ import annotations

from statistics import median

from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.engine import Built
from dfix.rewriter.verify.image import Image
from dfix.rewriter.verify.proof import Measures, Rebuild
from dfix.rewriter.verify.step_times import step_times
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.usual_edits import Edits, edit

TIMES = 3
"""Rebuilds of each kind; the median counts. Both versions take turns, so a busy machine slows both."""
SIDES = ("before", "after")


def rebuild(builts: list[Built]) -> Rebuild:
    """Combine several builds after edits of the same kind: the steps of the last one, the median of the seconds."""
    steps = builts[-1].steps
    ran = tuple(step.name for step in steps if not step.cached)
    return Rebuild(ran, len(steps) - len(ran), median(built.seconds for built in builts))


def cold(source: Source, target: str, built: Built, image: Image) -> Measures:
    """The measures of a build without cache, of the stage `target`."""
    took = step_times(source, target, built, image)
    return Measures(rebuild([built]), len(image.layers), image.size, took=took)


def measure(trial: Trial, texts: dict[str, Source], edits: Edits, first: dict[str, Measures]) -> dict[str, Measures]:
    """Rebuild both versions unchanged, after edits of a source and of a manifest. Raises BuildError, EngineError.

    Each build gets its own edit. Otherwise, versions that begin alike would share cached steps.
    """
    found: dict[str, Measures] = {}
    layers: dict[str, frozenset[str]] = {}
    for side in SIDES:
        tag, built = trial.build(side, texts[side], "unchanged rebuild")
        layers[side] = trial.layers(tag)
        found[side] = first[side]._replace(unchanged=rebuild([built]))
    if edits.source:
        builts, tags = _edited(trial, texts, edits.source, "rebuild after an edit", TIMES)
        for side in SIDES:
            new = [layer for layer in trial.image(tags[side]).layers if layer.digest not in layers[side]]
            pushed = sum(layer.size for layer in new)
            found[side] = found[side]._replace(source=rebuild(builts[side]), pushed=pushed)
    if edits.dependency:
        builts, _ = _edited(trial, texts, edits.dependency, "rebuild after an edit", 1)
        for side in SIDES:
            found[side] = found[side]._replace(dependency=rebuild(builts[side]))
    return found


def _edited(
    trial: Trial, texts: dict[str, Source], path: str, doing: str, times: int
) -> tuple[dict[str, list[Built]], dict[str, str]]:
    builts: dict[str, list[Built]] = {side: [] for side in SIDES}
    tags: dict[str, str] = {}
    for _ in range(times):
        for side in SIDES:
            edit(trial.context, path)
            tags[side], built = trial.build(side, texts[side], f"{doing} of {path}")
            builts[side].append(built)
    return builts, tags

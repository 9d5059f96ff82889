"""Is a Dockerfile reproducible? Build it twice without cache, and compare the two images as they are."""

from __future__ import annotations

import time

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import Tree, parse
from dfix.rewriter.model import build as build_model
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.verify.compare import Origin
from dfix.rewriter.verify.engine import BuildError
from dfix.rewriter.verify.image import Image
from dfix.rewriter.verify.origins import shown
from dfix.rewriter.verify.proof import Proof
from dfix.rewriter.verify.prove import caches_of, homes_of, unbuilt
from dfix.rewriter.verify.step_times import steps_of_layers
from dfix.rewriter.verify.trial import Trial
from dfix.rewriter.verify.varying import MadeBy, compare_builds

APART = 2.5
"""Seconds between the beginnings of both builds: a time in a file has a step of one or, in a ZIP, two seconds."""


def reproduce(trial: Trial, result: Result, context: Context, epoch: int | None) -> Proof:
    """Build a Dockerfile twice. Raises EngineError, SavedImageError, ContextError, OSError."""
    source = result.before
    trial.take_context(context, source.path)
    tags = []
    for doing in ("the first build without cache", "the second build without cache"):
        began = time.monotonic()
        try:
            tag, _ = trial.build("before", source, doing, cache=False)
        except BuildError as error:
            return unbuilt(result, error, source, trial)
        tags.append(tag)
        if len(tags) == 1:
            time.sleep(max(0.0, APART - (time.monotonic() - began)))
    first, second = trial.image(tags[0]), trial.image(tags[1])
    made_by = MadeBy(_origins(parse(source), trial.options.target, first), caches_of(result), homes_of(source))
    twice = compare_builds(
        first, second, made_by, epoch, lambda paths: (trial.files(tags[0], paths), trial.files(tags[1], paths))
    )
    return Proof("reproducible" if twice.level else "varies", result, result, twice=twice)


def _origins(tree: Tree, target: str, image: Image) -> dict[int, Origin]:
    """What made each layer that the Dockerfile made."""
    model = build_model(tree)
    if model.opaque or not model.stages:
        return {}
    return {at: shown(step.instruction) for at, step in steps_of_layers(model, target, image).items()}

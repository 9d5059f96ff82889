"""Which stages become images: those that ship, and those that another file of the project builds by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.stage_targets import file_that_targets

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Stage


class Shipping:
    """Answers for the stages of one Dockerfile, each worked out once."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._targets: dict[Stage, str] = {}

    def image_of(self, stage: Stage) -> str:
        """How a message calls the image that has a stage's files; "" for a stage that only hands files over."""
        if stage.ships:
            return "the image that ships"
        for other in self._model.stages:
            target = self._target(other) if stage in other.ancestry() else ""
            if target:
                return f"the image of the stage `{other.name}`, which {target} builds,"
        return ""

    def _target(self, stage: Stage) -> str:
        context = self._model.context
        if stage.name is None or context is None:
            return ""
        if stage not in self._targets:
            self._targets[stage] = file_that_targets(context, stage.name)
        return self._targets[stage]

"""What an image is made from, as text."""

from __future__ import annotations

from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.stage import Step


def everything_before(step: Step) -> str:
    """What the image of a step is made from, up to that step, in lower case."""
    images = [stage.base.image for stage in step.stage.ancestry()]
    return "\n".join([*images, *(other.source_text for other in (*steps_before(step), step))]).lower()

"""Which instructions are steps of a build."""

from __future__ import annotations

from dfix.rewriter.model.paths import resolve
from dfix.rewriter.model.stage import Step


def makes_layer(step: Step) -> bool:
    """Whether an instruction is a step of the build, which has a cache entry of its own."""
    if step.onbuild:
        return False
    if step.keyword == "WORKDIR":
        folder = step.expand(step.instruction.value)
        return folder is None or resolve(step.workdir, folder) != "/"
    return step.keyword in ("RUN", "COPY", "ADD")


def is_linked(step: Step) -> bool:
    """Whether a COPY or ADD has `--link`: its layer does not depend on those before it."""
    flag = step.instruction.flag("link")
    return flag is not None and flag.value in (None, "true")

"""WORKDIR with a relative path, where an absolute one comes before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.model.paths import resolve
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Edit
from dfix.transforms.modernise.answered import answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change
    from dfix.rewriter.model import Model, Stage

_CHECKS = ("DL3000",)
_LITERAL = expression(r"[\w./@+-]+")


def relative_folders(model: Model) -> Iterator[Change]:
    """Write the whole path, if the stage and those that it builds on say it without variables."""
    at_end: dict[Stage, str | None] = {}
    for stage in model.stages:
        folder = at_end.get(stage.parent) if stage.parent is not None else None
        for step in stage.steps:
            if step.keyword != "WORKDIR" or step.onbuild:
                continue
            value, before = step.instruction.value, folder
            literal = _LITERAL.fullmatch(value) is not None
            folder = resolve(before, value) if literal else None
            if folder is not None and not value.startswith("/"):
                reason = f"`WORKDIR {value}` is {folder} here"
                yield answered(step.instruction, _CHECKS, (Edit(step.instruction.value_span, folder),), reason)
        at_end[stage] = folder

"""Whether a folder of the host that ships can be left out of the context: nothing but the install may look at it."""

from __future__ import annotations

import posixpath

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.effects import conflict, effects
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.model.stage import Step
from dfix.transforms.split_manifests.installs import InstallRun


def replaced_unseen(model: Model, context: Context, copies: list[Step], run: InstallRun, folder: str) -> bool:
    """Whether `folder` comes into the image by `copies` alone, and is replaced before anybody reads it."""
    indexes = {copy.index for copy in copies}
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword not in ("COPY", "ADD") or step.instruction.flag("from") is not None:
                continue
            item = copied(step, context)
            known = stage is run.step.stage and step.index in indexes
            if not known and (not isinstance(item, Copied) or item.brought.may_bring(folder)):
                return False
    places = [
        place
        for copy in copies
        if isinstance(item := copied(copy, context), Copied) and (place := _place(item, folder))
    ]
    return not any(
        conflict(effects(command), lambda path: any(overlaps(path, place) for place in places))
        for command in _before(copies, run)
    )


def _place(item: Copied, folder: str) -> str:
    """Where the folder lies in the image; "" where the copy does not bring it."""
    for entry in item.brought.entries:
        if entry.folder and (not entry.source or overlaps(folder, entry.source)):
            return posixpath.normpath(posixpath.join(entry.image, posixpath.relpath(folder, entry.source or ".")))
    return ""


def _before(copies: list[Step], run: InstallRun) -> list[Located]:
    """The commands between the copies and the install, those of the install's own RUN among them."""
    first = min(copy.index for copy in copies)
    between = [step for step in run.step.stage.steps[first + 1 : run.step.index] if step.keyword == "RUN"]
    part = run.installs[0].located.part
    own = [one for one in run.commands if one.part <= part and one.command is not run.installs[0].located.command]
    return [command for step in between for command in located(step, conditions=True)] + own

"""Whether a folder of the host, such as node_modules, can be left out of the build context without any effect.

`npm ci` replaces a copied node_modules. If nothing reads that folder before, the image is the same without it.
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.model import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects import conflict, effects
from dfix.rewriter.model.paths import overlaps
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.stage_copies import StageCopies


def is_replaced_unread(model: Model, copies: StageCopies, run: InstallRun, folder: str) -> bool:
    """Whether only `copies` bring the context's `folder`, and nothing reads it there before `run` replaces it."""
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword not in ("COPY", "ADD") or step.instruction.flag("from") is not None:
                continue
            if step in copies.steps:
                continue
            other = copies.of(step)
            if not isinstance(other, Copied) or other.brought.may_bring(folder):
                return False
    image_folders = [image_folder for copy in copies.clear if (image_folder := _image_folder(copy, folder))]
    return not any(
        conflict(effects(command), lambda path: any(overlaps(path, image_folder) for image_folder in image_folders))
        for command in _commands_before_install(copies, run)
    )


def _image_folder(copy: Copied, folder: str) -> str:
    """The image folder to which a context folder is copied; "" where the copy does not bring it."""
    for entry in copy.brought.entries:
        if entry.folder and (not entry.source or overlaps(folder, entry.source)):
            return posixpath.normpath(posixpath.join(entry.image, posixpath.relpath(folder, entry.source or ".")))
    return ""


def _commands_before_install(copies: StageCopies, run: InstallRun) -> list[Located]:
    """The commands between the first copy and the install, also those of the install's own RUN."""
    first = min(step.index for step in copies.steps)
    between = [step for step in run.step.stage.steps[first + 1 : run.step.index] if step.keyword == "RUN"]
    install = run.installs[0].located
    same_run = [
        command for command in run.commands if command.part <= install.part and command.command is not install.command
    ]
    return [command for step in between for command in located(step, conditions=True)] + same_run

"""Whether a folder of the host, such as node_modules, can be left out of the build context without any effect.

`npm ci` replaces a copied node_modules. If nothing reads that folder before, the image is the same without it; unless
there is nothing to install, for then `npm ci` leaves the folder empty.
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.other_builds import other_build
from dfix.rewriter.model import Model
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects import conflict, effects
from dfix.rewriter.model.ignore_file_copies import ships_itself, with_itself
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.text.json_text import json_value
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.stage_copies import StageCopies

_LOCKS = ("npm-shrinkwrap.json", "package-lock.json")
_SOMETIMES = frozenset(("dev", "devOptional", "optional", "peer", "os", "cpu", "libc", "bundled", "inBundle"))
"""Keys of packages that an option or the platform may leave out (docs.npmjs.com, "package-lock.json")."""


def lines_to_ignore(model: Model, copies: StageCopies, run: InstallRun, folder: str) -> tuple[str, ...]:
    """The ignore-file lines that leave out the context's `folder` and have no other effect; none where they would.

    The ignore file applies to every build of the context, and it may itself be copied into the image.
    """
    context = copies.context
    if not _is_replaced_unread(model, copies, run, folder) or not _installs_something(context, folder):
        return ()
    if context.second_ignore_name or other_build(context.root, model.source.path, context.within):
        return ()
    return () if ships_itself(model, context) else with_itself(model, context, (folder,))


def _installs_something(context: Context, folder: str) -> bool:
    """Whether a lock file of npm names a package that every install of it puts into `folder` (node_modules)."""
    above = posixpath.dirname(folder)
    for name in _LOCKS:  # npm prefers the first
        text = context.read(posixpath.join(above, name))
        if text is not None:
            return any(_always_installed(path, package) for path, package in _packages(text))
    return False


def _packages(text: str) -> list[tuple[str, Any]]:
    """The packages of a lock file by their path, in version 2 and 3 ("packages") or 1 ("dependencies")."""
    try:
        data = json_value(text)
    except ValueError:
        return []
    if not isinstance(data, dict):
        return []
    if isinstance(data.get("packages"), dict):
        return list(data["packages"].items())
    dependencies = data.get("dependencies")
    items = dependencies.items() if isinstance(dependencies, dict) else ()
    return [(f"node_modules/{name}", package) for name, package in items]


def _always_installed(path: str, package: object) -> bool:
    """Whether a package is installed whatever the options and the platform are."""
    return path.startswith("node_modules/") and isinstance(package, dict) and not _SOMETIMES.intersection(package)


def _is_replaced_unread(model: Model, copies: StageCopies, run: InstallRun, folder: str) -> bool:
    """Whether only `copies` bring the context's `folder`, and nothing reads it there before `run` replaces it."""
    for stage in model.stages:
        for step in stage.steps:
            if step.keyword == "RUN" and any(mount.kind == "bind" and not mount.from_ for mount in step.mounts):
                return False
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

"""Whether Corepack writes its version of Yarn or pnpm into package.json when an install runs.

Tried on 2026-11-29: Corepack 0.29 to 0.32 do where package.json names no version; 0.34 only with
COREPACK_ENABLE_AUTO_PIN=1. The newest images of Node.js 20 and later have 0.34.
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.model import Stage
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.file_map.file_map import ImageFile
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.images import repository
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.stage_copies import StageCopies


def check_corepack(copies: StageCopies, run: InstallRun, install: ProjectInstall) -> None:
    """Raises LeaveAlone where Corepack may change a package.json that a later COPY would bring back."""
    if install.manager not in ("yarn", "pnpm") or install.located.folder is None:
        return
    stage = run.step.stage
    scripts = [step.source_text for one in stage.ancestry() for step in one.steps if step.keyword == "RUN"]
    if not any("corepack" in script for script in scripts) or any("corepack@latest" in script for script in scripts):
        return
    pins = values_in_force(run.step, install.located).get("COREPACK_ENABLE_AUTO_PIN")
    if pins == "0" or (pins != "1" and _is_current(stage)):
        return
    if _pinned_again(run, install):
        return
    manifest = _without_version(copies, install.located.folder)
    if manifest is not None:
        reason = f"Corepack may add `packageManager` to {manifest}, and the later COPY would undo that"
        raise LeaveAlone("lock-rewritten", reason, f"run `corepack use {install.manager}@latest` and commit {manifest}")


def _is_current(stage: Stage) -> bool:
    """Whether the base image is an official one whose tag moves to each new release of Node.js."""
    name, tag = repository(stage.base.image)
    version = tag.partition("-")[0]
    if version.isdigit():
        return name == "node" and int(version) >= 20
    return name == "node" and version in ("", "latest", "current", "lts", "slim", "alpine")


def _without_version(copies: StageCopies, folder: str) -> str | None:
    """The package.json to which Corepack would add a version; None if there is none, or one above has a version."""
    manifest = None
    while folder:
        file = copies.file_map.at(posixpath.join(folder, "package.json"))
        if isinstance(file, ImageFile):
            manifest = manifest or file.source
            if '"packageManager"' in (copies.context.read(file.source) or ""):
                return None
        if posixpath.dirname(folder) == folder:
            break
        folder = posixpath.dirname(folder)
    return manifest


def _pinned_again(run: InstallRun, install: ProjectInstall) -> bool:
    """Whether the next command is one of the same manager in the same folder: Corepack then adds the line once more."""
    after = install.located.command.span.start
    following = [step for step in run.step.stage.steps[run.step.index + 1 :] if step.keyword == "RUN"]
    later = [command for command in run.commands if command.command.span.start > after]
    if not later and following and not following[0].onbuild:
        later += located(following[0], conditions=True)
    if not later:
        return False
    used = usage(later[0].words)
    return used is not None and used.manager.name == install.manager and later[0].folder == install.located.folder

"""Which files of the build context the installs of a RUN read."""

from __future__ import annotations

import re

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.manifests.shared.inputs import MadeFromSources
from dfix.rewriter.manifests.shared.missing import MissingFile
from dfix.rewriter.model import Stage
from dfix.rewriter.model.file_map.file_map import ImageFile, not_followed
from dfix.rewriter.model.file_map.install_reads import ImageFolder, Needed, reads_of_install
from dfix.rewriter.model.images import repository
from dfix.transforms.split_manifests.chosen_versions import everything_before
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.other_manifest import check_usual_manifest
from dfix.transforms.split_manifests.settings_inputs import with_settings
from dfix.transforms.split_manifests.stage_copies import StageCopies, names_a_folder
from dfix.transforms.split_manifests.written_in_build import check_written

_OTHER_YARN = re.compile(r"yarn set version|yarn policies set-version|\byarn@(?!\^?1\b|classic\b)[\w.^~-]*")
"""What chooses a Yarn other than the one of the image (Yarn 1 in official images of Node.js), or may do so."""


def inputs_of_run(copies: StageCopies, run: InstallRun) -> Needed | None:
    """What the installs of `run` read, all together.

    None when that is unknown, but no copy brings a folder either. Raises LeaveAlone when one does.
    """
    files: list[ImageFile] = []
    folders: list[ImageFolder] = []
    warnings: list[str] = []
    executables: list[ImageFile] = []
    made: list[MadeFromSources] = []
    any_of: list[tuple[ImageFile, ...]] = []
    for install in run.installs:
        try:
            check_usual_manifest(run, install)
            read = reads_of_install(copies.file_map, install)
        except LeaveAlone as no:
            if isinstance(no, MissingFile) and (copies.unclear or copies.bring_a_folder):
                check_written(run, install, no.path)
            if _is_worth_telling(copies, no):
                raise
            return None
        files += [file for file in read.files if file not in files]
        folders += [folder for folder in read.folders if folder not in folders]
        warnings += read.warnings
        executables += read.executables
        made += read.made_from_sources
        any_of += read.any_of
        if read.newest_npm and not install.lock_stays and not has_npm_7(run.step.stage):
            raise LeaveAlone(
                "lock-rewritten",
                f"npm before version 7 rewrites the lock file, and {run.step.stage.image} may have such an npm",
                "use `npm ci`",
            )
        other = _OTHER_YARN.search(everything_before(run.step)) if read.yarn_1 and not install.lock_stays else None
        if other is not None:
            reason = f"Yarn 2 and later write the lock file in another form, and `{other[0]}` may choose such a Yarn"
            raise LeaveAlone(
                "lock-rewritten", reason, "add `--frozen-lockfile` (Yarn 1) or `--immutable` (Yarn 2 and later)"
            )
    needed = Needed(
        tuple(files),
        tuple(folders),
        tuple(warnings),
        executables=tuple(executables),
        made_from_sources=tuple(made),
        any_of=tuple(any_of),
    )
    return with_settings(copies, run, needed)


def _is_worth_telling(copies: StageCopies, no: LeaveAlone) -> bool:
    """Whether a copy brings a folder, or may do so. An unclear copy is a better reason than a missing manifest."""
    unclear = next((copy for copy in copies.unclear if names_a_folder(copy.step)), None)
    if no.reason.code == "missing-file" and unclear is not None:
        raise LeaveAlone(*not_followed(unclear))
    return unclear is not None or copies.bring_a_folder


def has_npm_7(stage: Stage) -> bool:
    """Whether the base image is an official Node.js image that comes with npm 7 or newer (Node.js 16 and later)."""
    name, tag = repository(stage.base.image)
    number = tag.partition("-")[0].partition(".")[0]
    if number.isdigit():
        return name == "node" and int(number) >= 16
    return name == "node" and number in ("", "latest", "current", "lts", "slim", "alpine", "bookworm", "trixie")

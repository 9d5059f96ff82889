"""Files that an install would read, but that the stage copies only after it: a split that forgot a file."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.manifests.shared.missing import MissingFile
from dfix.rewriter.model import Step
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.file_map.file_map import FileMap, ImageFile
from dfix.rewriter.model.file_map.install_reads import Needed, ProjectInstall, reads_of_install
from dfix.rewriter.neighbours.folders import is_missing, made_before
from dfix.transforms.split_manifests.installs import InstallRun, install_run
from dfix.transforms.split_manifests.stage_copies import StageCopies, copies_from_context

_PERSONAL = (".user",)
"""Ends of names of files that editors write for one person: forgetting those does no harm."""


def check_late_files(copies: StageCopies, run: InstallRun, refused: str = "missing-file") -> None:
    """Raises LeaveAlone for a lock file or an included file that is copied too late for the install, or elsewhere.

    Copying it before the install would change what is installed, so dfix only reports it. `refused` is the code of the
    reason why there is no split: any but a missing file tells more than this.
    """
    if refused != "missing-file":
        return
    steps = [step for step in run.step.stage.steps if step.keyword in ("COPY", "ADD") and not step.onbuild]
    later = [step for step in steps if step.index > run.step.index and step.instruction.flag("from") is None]
    if not later:
        return
    others = [step for step in steps if step.index < run.step.index and step not in copies.steps]
    if others or copies.unclear:
        return  # those may bring it
    complete = _with_all(copies, later)
    for install in run.installs:
        try:
            read = reads_of_install(complete, install._replace(lock_stays=True))  # what it writes is another question
        except MissingFile as no:
            _check_place(copies, install, no.path)
            continue
        except LeaveAlone as no:
            _check_hook(copies, later, no.reason)
            continue
        if _has_other_manifest(copies, install, read):
            continue
        for file in read.files:
            if file.source.endswith(_PERSONAL):
                continue
            late = file.copy.step
            if late in later and not isinstance(copies.file_map.at(file.path), ImageFile):
                reason = f"line {late.instruction.line} copies {file.source} only after `{install.shown}` has run"
                hint = f"copy {file.source} with the manifests (this changes the image)"
                raise LeaveAlone("incomplete-split", reason, hint)


def check_no_files(copies: StageCopies) -> None:
    """Raises LeaveAlone for an install before which no file of the project is copied, where a later COPY brings them.

    Call it for a RUN before which its stage copies nothing from the build context.
    """
    step = copies.run
    run = install_run(step)
    if run is None or step.mounts:
        return
    later = [other for other in step.stage.steps[step.index :] if copies_from_context(other)]
    complete = _with_all(copies, later)
    for install in run.installs:
        read = attempt(reads_of_install, complete, install)
        manifest = None if isinstance(read, Reason) or not read.files else read.files[0]
        if manifest is None or is_missing(manifest.path, step) or made_before(posixpath.dirname(manifest.path), step):
            continue  # it may be there
        reason = (
            f"`{install.shown}` runs before line {manifest.copy.step.instruction.line} copies {manifest.source}, "
            "so it finds no project"
        )
        raise LeaveAlone("incomplete-split", reason, "copy the manifests before the install (this changes the image)")


def _check_place(copies: StageCopies, install: ProjectInstall, missing: str) -> None:
    """Raises LeaveAlone for a project of .NET that is copied to another folder than its reference leads to.

    No later COPY brings it there either. Other manifests have the same name in all projects.
    """
    for copy in copies.clear if install.reader == "dotnet" else ():
        for source in () if copy.brings_a_folder else copy.brought.paths():
            there = copy.brought.image_path_of(source)
            if there not in (None, missing) and posixpath.basename(source) == posixpath.basename(missing):
                reason = (
                    f"`{install.shown}` looks for {missing}, but the {copy.step.keyword} on line "
                    f"{copy.step.instruction.line} brings {source} to {there}"
                )
                hint = "copy each project to the folder that it has in the build context (this changes the image)"
                raise LeaveAlone("incomplete-split", reason, hint)


def _check_hook(copies: StageCopies, later: list[Step], reason: Reason) -> None:
    """Raises LeaveAlone for a hook that dfix does not follow, if the sources come only after the install."""
    if reason.code != "hook-script":
        return
    for step in later:
        copy = copies.of(step)
        if isinstance(copy, Copied) and copy.brings_a_folder:
            late = f"{reason.text}; line {step.instruction.line} copies the sources only afterwards"
            hint = "copy what the hook reads with the manifests, if it needs files of the project"
            raise LeaveAlone("hook-script", late, hint)


def _has_other_manifest(copies: StageCopies, install: ProjectInstall, complete: Needed) -> bool:
    """Whether the install takes another manifest as long as not all files are there: a project without its solution."""
    now = attempt(reads_of_install, copies.file_map, install)
    return not isinstance(now, Reason) and _path(now) != _path(complete)


def _path(read: Needed) -> str:
    return read.files[0].path if read.files else ""


def _with_all(copies: StageCopies, later: list[Step]) -> FileMap:
    """The files of the image if the copies after the RUN came before it."""
    found = FileMap(copies.context, [copy for copy in map(copies.of, later) if isinstance(copy, Copied)])
    for layer in copies.file_map.layers:
        found.add(layer)
    return found

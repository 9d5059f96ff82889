"""Files that an install would read, but that the stage copies only after it: a split that forgot a file."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.model import Step
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.file_map.file_map import FileMap, ImageFile
from dfix.rewriter.model.file_map.install_reads import Needed, ProjectInstall, reads_of_install
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.stage_copies import StageCopies

_PERSONAL = (".user",)
"""Ends of names of files that editors write for one person: forgetting those does no harm."""


def check_late_files(copies: StageCopies, run: InstallRun, refused: str = "missing-file") -> None:
    """Raises LeaveAlone for a lock file or an included file that is copied too late for the install.

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
        read = attempt(reads_of_install, complete, install)
        if isinstance(read, Reason) or _has_other_manifest(copies, install, read):
            continue
        for file in read.files:
            if file.source.endswith(_PERSONAL):
                continue
            late = file.copy.step
            if late in later and not isinstance(copies.file_map.at(file.path), ImageFile):
                reason = f"line {late.instruction.line} copies {file.source} only after `{install.shown}` has run"
                hint = f"copy {file.source} with the manifests (this changes the image)"
                raise LeaveAlone("incomplete-split", reason, hint)


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

"""Files that an install would read, but that the stage copies only after it: a split that forgot a file."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.model.copied import Copied
from dfix.transforms.split_manifests.install_inputs import inputs_of_run
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.stage_copies import StageCopies


def check_late_files(copies: StageCopies, run: InstallRun) -> None:
    """Raises LeaveAlone for a lock file or an included file that is copied too late for the install.

    Copying it before the install would change what is installed, so dfix only reports it.
    """
    steps = [step for step in run.step.stage.steps if step.keyword in ("COPY", "ADD") and not step.onbuild]
    later = [step for step in steps if step.index > run.step.index and step.instruction.flag("from") is None]
    if not later:
        return
    others = [step for step in steps if step.index < run.step.index and step not in copies.steps]
    if others or copies.unclear:
        return  # those may bring it
    read = attempt(inputs_of_run, copies, run)
    if read is None or isinstance(read, Reason):
        return
    later_copies = [copy for copy in map(copies.of, later) if isinstance(copy, Copied)]
    for path in read.files:
        if copies.image_paths(path):
            continue
        late = next((copy for copy in later_copies if copy.brought.image_path_of(path) is not None), None)
        if late is not None:
            line = late.step.instruction.line
            reason = f"line {line} copies {path} only after `{run.installs[0].shown}` has run"
            raise LeaveAlone("incomplete-split", reason, f"copy {path} with the manifests (this changes the image)")

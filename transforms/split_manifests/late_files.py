"""Files that an install reads where they are there, and that the stage copies only behind it."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.copied import Copied, Unclear, copied
from dfix.rewriter.model.stage import Step
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.moved_copies import needs


def left_behind(context: Context, copies: list[Step], run: InstallRun) -> None:
    """Raises LeaveAlone for a lock file or an included file that comes too late for the install.

    To copy it before the install changes what is installed, so dfix only reports it.
    """
    steps = [step for step in run.step.stage.steps if step.keyword in ("COPY", "ADD") and not step.onbuild]
    behind = [step for step in steps if step.index > run.step.index and step.instruction.flag("from") is None]
    if not behind:
        return
    known = [copied(step, context) for step in copies]
    others = [step for step in steps if step.index < run.step.index and step not in copies]
    if others or any(isinstance(item, Unclear) for item in known):
        return  # those may bring it
    read = attempt(needs, context, known, run)
    if read is None or isinstance(read, Reason):
        return
    before = [item for item in known if isinstance(item, Copied)]
    later = [item for step in behind if isinstance(item := copied(step, context), Copied)]
    for path in read.files:
        if any(item.brought.image_path_of(path) is not None for item in before):
            continue
        line = next((item.step.instruction.line for item in later if item.brought.image_path_of(path) is not None), 0)
        if line:
            reason = f"`{run.installs[0].shown}` runs without {path}; line {line} copies it only afterwards"
            raise LeaveAlone("incomplete-split", reason, f"copy {path} with the manifests (this changes the image)")

"""Where a COPY puts its files: nobody looks into a folder of the author's own without being told of it."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.early_steps import own_folders
from dfix.rewriter.model import Step
from dfix.rewriter.model.paths import within


def own_destination(copy: Step) -> str:
    """The image path of a COPY or ADD that goes to a folder of the author's own. Raises LeaveAlone for any other."""
    line = copy.instruction.line
    path = copy.destination
    if path is None or not path.startswith("/"):
        reason = f"where the {copy.keyword} on line {line} puts its files is not known before the build"
        raise LeaveAlone("unknown-folder", reason, "set WORKDIR to an absolute path before it")
    if not is_own(path):
        reason = f"the {copy.keyword} on line {line} puts files into {path}, where packages and programs look or write"
        raise LeaveAlone("system-folder", reason)
    parent = path.rpartition("/")[0]
    if copy.instruction.flag("chown") is not None and parent and not within(copy.workdir or "?", parent):
        reason = f"the {copy.keyword} on line {line} has --chown, and may create {parent} with that owner"
        raise LeaveAlone("system-folder", reason, f"create {parent} before it, for example by WORKDIR")
    return path


def is_own(path: str) -> bool:
    """Whether a path is in a folder of the author's own, of which nobody else knows."""
    folders = own_folders()
    names = path.split("/")[1:]
    if names[0] not in folders.system:
        return bool(names[0]) and not names[0].startswith(".")
    for folder in folders.own_below:
        if path.startswith(folder + "/"):
            name = path[len(folder) + 1 :].partition("/")[0]
            return not name.startswith(".") and name.rstrip("0123456789.-") not in folders.taken
    return False

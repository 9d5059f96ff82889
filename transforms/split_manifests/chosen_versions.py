"""The files by which a version manager in the image chooses the runtime that an install runs with (`.ruby-version`)."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.version_managers import VersionManager, version_managers
from dfix.rewriter.model.file_map.file_map import ImageFile
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.image_text import everything_before
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.json_text import json_value
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.stage_copies import StageCopies


def chosen_versions(copies: StageCopies, run: InstallRun, install: ProjectInstall) -> Iterator[ImageFile]:
    """The plain files by which programs that the Dockerfile names choose the version of a runtime.

    Raises LeaveAlone for a file that may name others, and where such a program also runs another RUN after the copy.
    """
    folder = install.located.folder
    if folder is None:
        return
    text = everything_before(run.step)
    program = program_name(install.located.words[0])
    for manager in version_managers():
        if (manager.commands and program not in manager.commands) or not manager.is_named_in(text):
            continue
        for file in _around(copies, folder, manager.code):
            raise _refusal(manager, file, install, "which may name other files")
        for file in _around(copies, folder, manager.files):
            _check_plain(copies, run, install, manager, file)
            yield file
            if manager.until and manager.until in (copies.context.read(file.source) or ""):
                break
        for file in _around(copies, folder, ("package.json",)) if manager.extends else ():
            if '"extends"' in _volta(copies, file):
                raise _refusal(manager, file, install, "which names another file (`extends`)")


def _around(copies: StageCopies, folder: str, names: tuple[str, ...]) -> Iterator[ImageFile]:
    """The files of these names in a folder and in those above it."""
    while True:
        for name in names:
            there = copies.file_map.at(posixpath.join(folder, name))
            if isinstance(there, ImageFile):
                yield there
        if folder in ("/", "?", ""):
            return
        folder = posixpath.dirname(folder)


def _check_plain(
    copies: StageCopies, run: InstallRun, install: ProjectInstall, manager: VersionManager, file: ImageFile
) -> None:
    if "path:" in (copies.context.read(file.source) or ""):
        raise _refusal(manager, file, install, "which names a folder")
    if manager.commands:
        return  # model/effects knows which commands between read the file
    between = run.step.stage.steps[file.copy.step.index + 1 : run.step.index]
    other = next((step for step in between if step.keyword == "RUN"), None)
    if other is not None and file.copy.step.stage is run.step.stage:
        reason = f"{manager.name} chooses a version by {file.source} for the RUN on line {other.instruction.line}, too"
        raise LeaveAlone("run-between", reason, f"copy {file.source} with an instruction of its own before that RUN")


def _volta(copies: StageCopies, file: ImageFile) -> str:
    """The object `volta` of a package.json, as text."""
    try:
        data = json_value(copies.context.read(file.source) or "")
    except ValueError:
        return ""
    return json.dumps(data.get("volta")) if isinstance(data, dict) else ""


def _refusal(manager: VersionManager, file: ImageFile, install: ProjectInstall, why: str) -> LeaveAlone:
    reason = f"{manager.name} chooses a version for `{install.shown}` by {file.source}, {why}"
    return LeaveAlone("setting", reason, "write the COPY lines yourself")

"""A moved copy brings only what an install cannot look at, or what is copied first.

An install may read whatever is named in its words, in the variables in force, in its redirects and settings. By itself
it looks for programs on PATH, modules on PYTHONPATH, settings in the user's home and in the system's folders.
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.install_table import system_folders, unread_places
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.file_map.install_reads import Needed, ProjectInstall
from dfix.rewriter.model.paths import resolve, within
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.transforms.split_manifests.coming_late import ComingLate
from dfix.transforms.split_manifests.commands_within_install import check_substitutions
from dfix.transforms.split_manifests.corepack import check_corepack
from dfix.transforms.split_manifests.earlier_settings import check_earlier_settings
from dfix.transforms.split_manifests.given_paths import path_parts
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.late_variables import check_given
from dfix.transforms.split_manifests.linked_inputs import check_linked_inputs
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.search_paths import check_search_paths
from dfix.transforms.split_manifests.stage_copies import StageCopies


def check_closed_world(copies: StageCopies, move: Move, run: InstallRun, read: Needed) -> None:
    """Raises LeaveAlone where an install of `run` may read something that a moved copy brings too late."""
    late = ComingLate(move.copies, move.copied_first())
    check_linked_inputs(copies, move, read, late.at)
    for copy in move.copies:
        _check_system_folders(late, copy, run)
        _check_modes(copy, read)
    _check_shell(late, run)
    check_earlier_settings(copies, move, run)
    first = min(copy.step.index for copy in move.copies)
    steps = [step for step in run.step.stage.steps[first : run.step.index + 1] if step.keyword == "RUN"]
    for install in run.installs:
        check_given(late, run.step, install)
        if install.arguments:
            _check_redirects(late, install)
        check_search_paths(late, install, values_in_force(run.step, install.located), steps)
        check_substitutions(run, install, list(move.copies), move.copied_first)
        check_corepack(copies, run, install)


def _check_shell(late: ComingLate, run: InstallRun) -> None:
    """Raises LeaveAlone where SHELL names a program, or a file that it reads, that comes with the sources."""
    for word in run.step.shell:
        for part in path_parts(word):
            path = resolve(run.step.workdir, part)
            if "/" in part and path is not None and late.at(path) is not None:
                reason = f"SHELL makes `{run.installs[0].shown}` read {part}, which comes with the sources"
                raise LeaveAlone("setting", reason)


def _check_modes(copy: Copied, read: Needed) -> None:
    """Raises LeaveAlone where a copy gives a file another mode than the install does."""
    mode = copy.step.instruction.flag("chmod")
    for file in read.executables:
        if (
            mode is not None
            and mode.value not in ("755", "0755")
            and copy.brought.image_path_of(file.source) is not None
        ):
            undone = f"`--chmod={mode.value}` of the later {copy.step.keyword} would undo that"
            raise LeaveAlone("workspace", f"the install makes {file.source} executable, and {undone}")


def _check_redirects(late: ComingLate, install: ProjectInstall) -> None:
    for redirect in install.located.command.redirects:
        if redirect.target is None or redirect.op in (">&", "<&"):
            continue
        path = named_by(install.located, redirect.target)
        shown = f"`{install.shown} {redirect.op} {redirect.target.text}`"
        if path is None:
            raise LeaveAlone("setting", f"{shown} names a file that is known only during the build")
        file = late.at(path)
        if file is None and redirect.op != "<":
            folder = posixpath.dirname(path)
            file = None if folder == install.located.folder else late.at(folder)
        if file is not None:
            verb = "reads" if redirect.op == "<" else "writes"
            raise LeaveAlone("setting", f"{shown} {verb} {file}, which comes with the sources")


def _check_system_folders(late: ComingLate, copy: Copied, run: InstallRun) -> None:
    """Raises LeaveAlone where the copy brings files to where programs look without being told."""
    if not any(within(folder, copy.destination) or within(copy.destination, folder) for folder in system_folders()):
        return
    for path in copy.brought.paths():
        image_path = copy.brought.image_path_of(path)
        if image_path is None or late.copied_first(path):
            continue
        if any(within(image_path, folder) for folder in unread_places()):
            continue
        folder = next((folder for folder in system_folders() if within(image_path, folder)), None)
        if folder is not None:
            copied = f"the {copy.step.keyword} on line {copy.step.instruction.line} brings {path} to {folder}"
            reason = f"{copied}, where `{run.installs[0].shown}` may look for files"
            raise LeaveAlone("setting", reason, f"copy {path} with an instruction of its own")

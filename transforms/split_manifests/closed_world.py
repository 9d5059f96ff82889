"""A moved copy brings only what an install cannot look at, or what is copied first.

An install may read whatever is named in its words, in the variables in force, in its redirects and settings. By itself
it looks for programs on PATH, modules on PYTHONPATH, settings in the user's home and in the system's folders.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.install_table import home_files, modules, prefix_files, system_folders, unread_places
from dfix.rewriter.model import Step
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.modules import imported
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.file_map.install_reads import Needed, ProjectInstall
from dfix.rewriter.model.paths import resolve, within
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.transforms.split_manifests.corepack import check_corepack
from dfix.transforms.split_manifests.earlier_settings import check_earlier_settings
from dfix.transforms.split_manifests.given_paths import GivenPath, given_paths, path_parts
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.linked_inputs import check_linked_inputs
from dfix.transforms.split_manifests.mentioned_paths import is_below, late_source
from dfix.transforms.split_manifests.move import Move
from dfix.transforms.split_manifests.stage_copies import StageCopies
from dfix.transforms.split_manifests.substitutions import check_substitutions

_NAMES_FILES = frozenset(
    "pip_constraint pip_requirement pip_build_constraint pip_config_file node_options npm_config_userconfig "
    "npm_config_globalconfig gowork goflags composer bundle_gemfile uv_config_file uv_constraint bash_env".split()
)
"""Variables, in lower case, whose values always name files; an unknown value is one that the sources may bring."""


_AT_START = ("sitecustomize.py", "sitecustomize", "usercustomize.py", "usercustomize")
"""Modules that Python imports when it starts."""
_INSTALLED = (".egg-info", ".dist-info", ".egg-link")


def check_closed_world(copies: StageCopies, move: Move, run: InstallRun, read: Needed) -> None:
    """Raises LeaveAlone where an install of `run` may read something that a moved copy brings too late."""
    brought = _Brought(move, copies.context)
    check_linked_inputs(copies, move, read, brought.at)
    for copy in move.copies:
        _check_system_folders(brought, copy, run)
        _check_modes(copy, read)
    _check_shell(brought, run)
    check_earlier_settings(copies, move, run)
    for install in run.installs:
        for given in given_paths(run.step, install):
            _check_given(brought, install, given)
        _check_unknown(run, install)
        if install.arguments:
            _check_redirects(brought, install)
        _check_searched(brought, run, install)
        check_substitutions(run, install, list(move.copies), move.copied_first)
        check_corepack(copies, run, install)


def _check_shell(brought: _Brought, run: InstallRun) -> None:
    """Raises LeaveAlone where SHELL names a program, or a file that it reads, that comes with the sources."""
    for word in run.step.shell:
        for part in path_parts(word):
            path = resolve(run.step.workdir, part)
            if "/" in part and path is not None and brought.at(path) is not None:
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


class _Brought:
    """What the moved copies bring, apart from what is copied first."""

    def __init__(self, move: Move, context: Context) -> None:
        self.copies = move.copies
        self.context = context
        self.first = move.copied_first()

    def copied_first(self, path: str) -> bool:
        return is_below(self.first, path)

    def at(self, path: str) -> str | None:
        """The context path of a file or folder that comes to an image path too late for the install; "" is the root."""
        return late_source(self.copies, self.first, path)

    def names_in(self, image_folder: str) -> set[str]:
        """The names of the files and folders that come to an image folder too late for the install."""
        start = image_folder.rstrip("/") + "/"
        image_paths = (
            copy.brought.image_path_of(path) or ""
            for copy in self.copies
            for path in copy.brought.paths()
            if not self.copied_first(path)
        )
        return {path[len(start) :].partition("/")[0] for path in image_paths if path.startswith(start)}

    def directly_in(self, image_folder: str) -> Iterable[tuple[Copied, str]]:
        """The context paths that are copied into an image folder, not below it, too late for the install."""
        for copy in self.copies:
            if not copy.brought.may_put_into(image_folder):
                continue
            for path in copy.brought.paths():
                image_path = copy.brought.image_path_of(path)
                if (
                    image_path is not None
                    and posixpath.dirname(image_path) == image_folder
                    and not self.copied_first(path)
                ):
                    yield copy, path


def _check_given(brought: _Brought, install: ProjectInstall, given: GivenPath) -> None:
    if given.reads in ("nothing", "followed"):
        return
    if given.path is None:
        if given.kind == "operand" or not given.is_unknown:
            return
        reason = f"`{install.shown}` may read a file that {given.name} names, and its value is unknown before the build"
        raise LeaveAlone("setting", reason, f"set {given.name} to a literal value")
    path = brought.at(given.path)
    if path is None:
        return
    if given.kind == "operand":
        reason = f"`{install.shown}` names {given.written}, which comes with the sources"
    else:
        reason = f"{given.name} makes `{install.shown}` read {given.written}, which comes with the sources"
    raise LeaveAlone("setting", reason)


def _check_unknown(run: InstallRun, install: ProjectInstall) -> None:
    """Raises LeaveAlone for a variable that names files, and whose value only the build knows."""
    for name, value in {**install.located.env, **install.located.assigned}.items():
        if name.lower() in _NAMES_FILES and (value is None or "$" in value or "`" in value):
            reason = f"`{install.shown}` reads {name}, whose value is unknown before the build"
            raise LeaveAlone("setting", reason, f"set {name} to a literal value")


def _check_redirects(brought: _Brought, install: ProjectInstall) -> None:
    for redirect in install.located.command.redirects:
        if redirect.target is None or redirect.op in (">&", "<&"):
            continue
        path = named_by(install.located, redirect.target)
        shown = f"`{install.shown} {redirect.op} {redirect.target.text}`"
        if path is None:
            raise LeaveAlone("setting", f"{shown} names a file that is known only during the build")
        late = brought.at(path)
        if late is None and redirect.op != "<":
            folder = posixpath.dirname(path)
            late = None if folder == install.located.folder else brought.at(folder)
        if late is not None:
            verb = "reads" if redirect.op == "<" else "writes"
            raise LeaveAlone("setting", f"{shown} {verb} {late}, which comes with the sources")


def _check_searched(brought: _Brought, run: InstallRun, install: ProjectInstall) -> None:
    """PATH, PYTHONPATH and the home."""
    values = values_in_force(run.step, install.located)
    for folder in values["PATH"].split(":"):
        path = resolve(install.located.folder, folder or ".")
        for copy, file in brought.directly_in(path) if path is not None else ():
            if _may_run(brought.context, copy, file):
                raise LeaveAlone(
                    "setting", f"PATH makes `{install.shown}` look for programs in {folder}, where {file} is copied to"
                )
    _check_prefixes(brought, install, values)
    folders = [entry for entry in values.get("PYTHONPATH", "").split(":") if entry]
    used = usage(install.located.words)
    if used is not None and used.as_module:
        folders.append(".")
    for folder in folders:
        _check_modules(brought, install, resolve(install.located.folder, folder), folder)
    first = min(copy.step.index for copy in brought.copies)
    steps = [step for step in run.step.stage.steps[first : run.step.index + 1] if step.keyword == "RUN"]
    for home in {home for step in steps for home in _homes(step, values)}:
        _check_home(brought, install, home)


def _check_prefixes(brought: _Brought, install: ProjectInstall, values: dict[str, str]) -> None:
    """Raises LeaveAlone for settings in the folders that programs are installed in."""
    program = install.located.words[0].literal_or_text if install.located.words else ""
    searched = [*values["PATH"].split(":"), posixpath.dirname(program)]
    written = [posixpath.dirname(folder) or "." for folder in searched if posixpath.basename(folder) == "bin"]
    for prefix in written:
        folder = resolve(install.located.folder, prefix)
        for name in prefix_files() if folder is not None else ():
            late = brought.at(posixpath.join(folder or "/", name))
            if late is not None:
                reason = f"{late} comes to {prefix}, where `{install.shown}` looks for settings"
                raise LeaveAlone("setting", reason, f"copy {late} with an instruction of its own")


def _may_run(context: Context, copy: Copied, path: str) -> bool:
    """Whether the file is executable in the image."""
    mode = copy.step.instruction.flag("chmod")
    if mode is not None and mode.value:
        return not mode.value.isdigit() or any(int(digit) % 2 for digit in mode.value)
    return os.access(os.path.join(context.root, path), os.X_OK)


def _check_modules(brought: _Brought, install: ProjectInstall, folder: str | None, written: str) -> None:
    if folder is None:
        return
    own = (name for module in modules(install.manager) for name in (module, f"{module}.py"))
    names = [*imported(folder), *(posixpath.join(folder, name) for name in (*_AT_START, *own))]
    late = next((late for path in names if (late := brought.at(path)) is not None), None)
    if late is None:
        # what pip takes for the packages that are installed
        late = next((name for name in brought.names_in(folder) if name.endswith(_INSTALLED)), None)
    if late is None:
        return
    raise LeaveAlone("setting", f"Python looks for modules in {written}, so `{install.shown}` may import {late}")


def _homes(step: Step, values: dict[str, str]) -> tuple[str, ...]:
    """The home of the user who runs a step; several where that is unknown."""
    home = values.get("HOME")
    if home:
        return (posixpath.normpath(home),)
    user = (step.user or "").partition(":")[0]
    if user in ("root", "0"):
        return ("/root",)
    return ("/root", *((f"/home/{user}",) if user and not user.isdigit() else ("/home/*",)))


def _check_home(brought: _Brought, install: ProjectInstall, home: str) -> None:
    for copy in brought.copies:
        folder = copy.destination if home == "/home/*" and posixpath.dirname(copy.destination) == "/home" else home
        if not within(folder, copy.destination) and not within(copy.destination, folder):
            continue
        for path in copy.brought.paths():
            image_path = copy.brought.image_path_of(path)
            if image_path is None or not image_path.startswith(folder.rstrip("/") + "/"):
                continue
            name = image_path[len(folder.rstrip("/")) + 1 :].partition("/")[0]
            if name.startswith(".") and not home_files().match(name) and not brought.copied_first(path):
                reason = f"{path} comes to {folder}, the home in which `{install.shown}` looks for settings"
                raise LeaveAlone("setting", reason)


def _check_system_folders(brought: _Brought, copy: Copied, run: InstallRun) -> None:
    """Raises LeaveAlone where the copy brings files to where programs look without being told."""
    if not any(within(folder, copy.destination) or within(copy.destination, folder) for folder in system_folders()):
        return
    for path in copy.brought.paths():
        image_path = copy.brought.image_path_of(path)
        if image_path is None or brought.copied_first(path):
            continue
        if any(within(image_path, folder) for folder in unread_places()):
            continue
        folder = next((folder for folder in system_folders() if within(image_path, folder)), None)
        if folder is not None:
            copied = f"the {copy.step.keyword} on line {copy.step.instruction.line} brings {path} to {folder}"
            reason = f"{copied}, where `{run.installs[0].shown}` may look for files"
            raise LeaveAlone("setting", reason, f"copy {path} with an instruction of its own")

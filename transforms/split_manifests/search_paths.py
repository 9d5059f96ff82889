"""Where programs look without being told: in the folders of PATH and PYTHONPATH, in the home, and beside themselves."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.install_table import home_files, modules, prefix_files
from dfix.rewriter.model import Step
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.modules import imported
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.paths import resolve, within
from dfix.transforms.split_manifests.coming_late import ComingLate

_AT_START = ("sitecustomize.py", "sitecustomize", "usercustomize.py", "usercustomize")
"""Modules that Python imports when it starts."""
_INSTALLED = (".egg-info", ".dist-info", ".egg-link")


def check_search_paths(
    late: ComingLate, install: ProjectInstall, values: Mapping[str, str], steps: Sequence[Step]
) -> None:
    """Raises LeaveAlone where a command finds something that comes late, with these variables in force.

    `steps` are those in whose users' homes it may look.
    """
    for folder in values["PATH"].split(":"):
        path = resolve(install.located.folder, folder or ".")
        for copy, file in late.directly_in(path) if path is not None else ():
            if _may_run(copy, file):
                raise LeaveAlone(
                    "setting", f"PATH makes `{install.shown}` look for programs in {folder}, where {file} is copied to"
                )
    _check_prefixes(late, install, values)
    folders = [entry for entry in values.get("PYTHONPATH", "").split(":") if entry]
    used = usage(install.located.words)
    if used is not None and used.as_module:
        folders.append(".")
    for folder in folders:
        _check_modules(late, install, resolve(install.located.folder, folder), folder)
    for home in {home for step in steps for home in _homes(step, values)}:
        _check_home(late, install, home)


def _check_prefixes(late: ComingLate, install: ProjectInstall, values: Mapping[str, str]) -> None:
    """Raises LeaveAlone for settings in the folders that programs are installed in."""
    program = install.located.words[0].literal_or_text if install.located.words else ""
    searched = [*values["PATH"].split(":"), posixpath.dirname(program)]
    written = [posixpath.dirname(folder) or "." for folder in searched if posixpath.basename(folder) == "bin"]
    for prefix in written:
        folder = resolve(install.located.folder, prefix)
        for name in prefix_files() if folder is not None else ():
            file = late.at(posixpath.join(folder or "/", name))
            if file is not None:
                reason = f"{file} comes to {prefix}, where `{install.shown}` looks for settings"
                raise LeaveAlone("setting", reason, f"copy {file} with an instruction of its own")


def _may_run(copy: Copied, path: str) -> bool:
    """Whether the file is executable in the image."""
    mode = copy.step.instruction.flag("chmod")
    if mode is not None and mode.value:
        return not mode.value.isdigit() or any(int(digit) % 2 for digit in mode.value)
    return copy.brought.is_executable(path)


def _check_modules(late: ComingLate, install: ProjectInstall, folder: str | None, written: str) -> None:
    if folder is None:
        return
    own = (name for module in modules(install.manager) for name in (module, f"{module}.py"))
    names = [*imported(folder), *(posixpath.join(folder, name) for name in (*_AT_START, *own))]
    file = next((file for path in names if (file := late.at(path)) is not None), None)
    if file is None:
        # what pip takes for the packages that are installed
        file = next((name for name in late.names_in(folder) if name.endswith(_INSTALLED)), None)
    if file is None:
        return
    raise LeaveAlone("setting", f"Python looks for modules in {written}, so `{install.shown}` may import {file}")


def _homes(step: Step, values: Mapping[str, str]) -> tuple[str, ...]:
    """The home of the user who runs a step; several where that is unknown."""
    home = values.get("HOME")
    if home:
        return (posixpath.normpath(home),)
    user = (step.user or "").partition(":")[0]
    if user in ("root", "0"):
        return ("/root",)
    return ("/root", *((f"/home/{user}",) if user and not user.isdigit() else ("/home/*",)))


def _check_home(late: ComingLate, install: ProjectInstall, home: str) -> None:
    for copy in late.copies:
        folder = copy.destination if home == "/home/*" and posixpath.dirname(copy.destination) == "/home" else home
        if not within(folder, copy.destination) and not within(copy.destination, folder):
            continue
        for path in copy.brought.paths():
            image_path = copy.brought.image_path_of(path)
            if image_path is None or not image_path.startswith(folder.rstrip("/") + "/"):
                continue
            name = image_path[len(folder.rstrip("/")) + 1 :].partition("/")[0]
            if name.startswith(".") and not home_files().match(name) and not late.copied_first(path):
                reason = f"{path} comes to {folder}, the home in which `{install.shown}` looks for settings"
                raise LeaveAlone("setting", reason)

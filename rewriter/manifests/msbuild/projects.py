"""Projects and solutions: which one MSBuild takes, and which projects a solution lists.

Sources: learn.microsoft.com/dotnet/core/tools/dotnet-restore ("Arguments"), and the source of MSBuild (XMake.cs,
"ProcessProjectSwitch"), read on 2026-11-30: of one project and one solution in a folder, the solution counts if both
have the same name; otherwise two of either kind end the command.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.formats import read_xml
from dfix.rewriter.manifests.shared.missing import missing
from dfix.rewriter.text.expression import expression

PROJECT = (".csproj", ".fsproj", ".vbproj", ".proj", ".dcproj", ".shproj")
"""Kinds of projects that dfix reads."""
SOLUTION = (".sln", ".slnx")
_LARGEST = 5_000_000
_IN_SOLUTION = expression(r'^Project\("[^"]*"\)\s*=\s*"[^"]*",\s*"(?P<path>[^"]*)"', re.MULTILINE)
_MARKS = "*?["


def msbuild_path(folder: str, written: str) -> str | None:
    """The context path of what a file in `folder` names, with slashes or backslashes; None outside the context."""
    path = written.replace("\\", "/")
    return None if ":" in path else inside(folder, path)  # C:/x is a path of Windows


def target_at(context: Context, path: str, written: str) -> str:
    """The project or solution that a command names as `written`: a file, a pattern or a folder at `path`."""
    if context.ships(path):
        return path
    if any(mark in path for mark in _MARKS):
        return _only_match(context, path, written)
    return _in_folder(context, path)


def _only_match(context: Context, pattern: str, written: str) -> str:
    """The only file that the shell puts in the place of a pattern such as `*.csproj`."""
    folder, pattern = posixpath.split(pattern)
    reason = f"`{written}` names the project by a pattern"
    if "[" in pattern or any(mark in folder for mark in _MARKS):
        raise LeaveAlone("unknown-reference", reason, "name the project")
    names = [name for name in context.names_in(folder) if not name.startswith(".") and fnmatchcase(name, pattern)]
    paths = [posixpath.join(folder, name) for name in names]
    found = [path for path in paths if context.ships(path) or context.ships_any(path)]
    if len(found) != 1:
        reason += f", which matches {len(found) or 'no'} {'files' if found else 'file'}"
        raise LeaveAlone("unknown-reference", reason, "name the project")
    return found[0]


def _in_folder(context: Context, folder: str) -> str:
    """The solution or project that MSBuild takes in a folder."""
    paths = (posixpath.join(folder, name) for name in context.names_in(folder))
    listed = [path for path in paths if path.lower().endswith(("proj", *SOLUTION)) and context.ships(path)]
    solutions = [path for path in listed if path.lower().endswith(SOLUTION)]
    projects = [path for path in listed if path not in solutions]
    if len(listed) == 1:
        return listed[0]
    if len(solutions) == len(projects) == 1 and _stem(solutions[0]) == _stem(projects[0]):
        return solutions[0]
    shown = folder or "the root of the context"
    hint = "name one project or solution in the command" if listed else ""
    raise LeaveAlone("missing-file", f"{shown} has {len(listed) or 'no'} projects or solutions", hint)


def _stem(path: str) -> str:
    return posixpath.splitext(posixpath.basename(path))[0].lower()


def listed_projects(context: Context, path: str) -> Iterator[str]:
    """The projects of a solution, as written: also those that need no packages, since MSBuild opens each."""
    if path.endswith(".slnx"):
        written = (element.get("Path", "") for element in read_xml(context, path).iter("Project"))
    else:
        text = context.read(path, _LARGEST)
        if text is None:
            raise missing(context, path)
        written = (match["path"] for match in _IN_SOLUTION.finditer(text))
    yield from (one for one in written if one.lower().endswith("proj"))


def solution_settings(context: Context, path: str) -> Iterator[str]:
    """The files that MSBuild imports for a solution, without those in folders above it."""
    folder, name = posixpath.split(path)
    names = (
        "Directory.Solution.props",
        "Directory.Solution.targets",
        f"before.{name}.targets",
        f"after.{name}.targets",
    )
    for settings in (posixpath.join(folder, each) for each in names):
        if context.ships(settings):
            yield settings

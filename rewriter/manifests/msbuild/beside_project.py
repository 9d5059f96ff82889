"""What a restore writes beside a project, and the one thing in the sources that decides what it writes.

Sources: learn.microsoft.com/nuget/consume-packages/package-references-in-project-files ("Locking dependencies"); since
.NET 10 a project with .razor files gets the scripts of Blazor as a package, which a restore without these files leaves
out (github.com/dotnet/aspnetcore/issues/69341). Read on 2026-11-30.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.text.expression import expression

_LARGEST = 5_000_000
_FRAMEWORK = expression(r"<TargetFrameworks?\b[^>]{0,200}>([^<]{0,200})</")
_WITHOUT_ASSETS = expression(r"\s*net(?:[5-9]\.\d|core\w+\.\d|standard\d\.\d)[\w.-]*\s*")
"""A framework for which the scripts of Blazor are not a package of their own."""
_ASKS_FOR_ASSETS = "<RequiresAspNetWebAssets>true<"


def check_outputs(context: Context, projects: Sequence[str]) -> None:
    """Raises LeaveAlone when the context ships the `obj` folder of a project."""
    for path in projects:
        output = posixpath.join(posixpath.dirname(path), "obj")
        if context.ships_any(output):
            raise LeaveAlone(
                "host-output",
                f"the build context ships {output}, which would overwrite what the restore writes",
                f"add `**/obj` to {context.ignore_name}",
            )


def lock_files(context: Context, projects: Sequence[str]) -> Iterator[str]:
    """The lock files of NuGet beside the projects."""
    for path in projects:
        folder, name = posixpath.split(path)
        stem = posixpath.splitext(name)[0].replace(" ", "_")
        for lock in ("packages.lock.json", f"packages.{stem}.lock.json"):
            if context.ships(posixpath.join(folder, lock)):
                yield posixpath.join(folder, lock)


def check_components(context: Context, projects: Sequence[str], files: Sequence[str], shown: str) -> None:
    """Raises LeaveAlone where the restore asks whether a project has .razor files; `files` are all that it reads."""
    general = [path for path in files if path not in projects]
    for path in projects:
        text = context.read(path, _LARGEST) or ""
        frameworks = _frameworks(context, [path]) or _frameworks(context, general)
        if _ASKS_FOR_ASSETS in text or (frameworks and all(map(_WITHOUT_ASSETS.fullmatch, frameworks))):
            continue
        component = next((file for file in context.below(posixpath.dirname(path)) if file.endswith(".razor")), "")
        if component:
            reason = f"`{shown}` takes the scripts of Blazor only where it finds a file such as {component}"
            raise LeaveAlone("reads-sources", reason, f"set `RequiresAspNetWebAssets` to true in {path}")


def _frameworks(context: Context, paths: Sequence[str]) -> list[str]:
    """The target frameworks that files set, one by one."""
    values = [value for path in paths for value in _FRAMEWORK.findall(context.read(path, _LARGEST) or "")]
    return [one for value in values for one in value.split(";")]

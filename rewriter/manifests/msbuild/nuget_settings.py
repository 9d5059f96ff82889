"""What NuGet's settings of a project name: folders of packages.

Source: learn.microsoft.com/nuget/reference/nuget-config-file (read on 2026-11-30).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.msbuild.projects import msbuild_path
from dfix.rewriter.manifests.shared.formats import read_xml

NAMES = ("nuget.config", "NuGet.config", "NuGet.Config")
"""The names under which NuGet looks for settings on Linux."""
_PLACES = ("globalpackagesfolder", "repositorypath")


def package_folders(context: Context, path: str) -> Iterator[str]:
    """The folders of the context from which the settings take packages. Raises LeaveAlone for other places."""
    root = read_xml(context, path)
    for entry in root.iterfind("config/add"):
        value = entry.get("value", "")
        if entry.get("key", "").lower() in _PLACES and not value.startswith("/"):
            reason = f"{path} keeps packages in {value}, so the restore writes to a folder of the project"
            raise LeaveAlone("setting", reason)
    for entry in root.iterfind("fallbackPackageFolders/add"):
        value = entry.get("value", "")
        if not value.startswith("/"):
            raise LeaveAlone("local-source", f"{path} takes packages from {value}, which dfix does not follow")
    for source in root.iterfind("packageSources/add"):
        value = source.get("value", "")
        if "://" in value:
            continue
        folder = msbuild_path(posixpath.dirname(path), value)
        if not folder or "%" in value or not context.ships_any(folder):
            reason = f"{path} takes packages from {value}, which is not a folder of the build context"
            raise LeaveAlone("local-source", reason)
        yield folder

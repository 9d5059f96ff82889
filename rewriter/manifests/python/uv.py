"""What `uv sync --no-install-project` reads: pyproject.toml, uv.lock, settings, sources in folders.

Source: docs.astral.sh/uv ("Using uv in Docker", "Locking and syncing", "Configuration files").
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone, attempt
from dfix.rewriter.context.folder import Context, above, inside
from dfix.rewriter.manifests.python.pyproject import installs_project, local_paths, urls_of_files
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import refuse_host_output

_OTHER_PLACES = frozenset(("--directory", "--project", "--config-file", "--script", "--find-links", "-f", "--active"))
_NO_PROJECT = frozenset(("--no-install-project", "--no-install-workspace"))
_NO_MEMBERS = frozenset(("--no-install-workspace",))
_SETTINGS = ("uv.toml", ".python-version", ".python-versions")


def inputs(context: Context, install: Install) -> Inputs:
    """What the sync reads, or why that cannot be known."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    elsewhere = flags & _OTHER_PLACES
    if elsewhere:
        raise LeaveAlone("option", f"`{install.shown}` has {min(elsewhere)}, which changes what it reads")
    path = posixpath.join(install.folder, "pyproject.toml")
    data = read_toml(context, path)
    uv = table(data, "tool", "uv")
    packaged = uv.get("package", "build-system" in data)
    if packaged and not flags & _NO_PROJECT:
        hint = "sync with --no-install-project before the sources are copied, and as you do now after them"
        raise installs_project(install, hint)
    if _is_member(context, install.folder):
        raise LeaveAlone("workspace", f"{path} is part of a workspace above it, whose files are read too")
    manifests = _members(context, path, table(uv, "workspace"))
    if manifests and not flags & _NO_MEMBERS:
        hint = "sync with --no-install-workspace before the sources are copied, and as you do now after them"
        reason = f"`{install.shown}` installs the members of the workspace, so it reads their sources"
        raise LeaveAlone("workspace", reason, hint)
    lock = posixpath.join(install.folder, "uv.lock")
    if context.ships(lock) and not flags & {"--frozen", "--locked"}:
        raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}", "add `--locked`")
    if "--frozen" not in flags and table(data, "project").get("dynamic"):
        raise LeaveAlone("reads-sources", f"{path}: fields of `dynamic` are read from the sources", "add `--frozen`")
    folders = local_paths(context, path, table(uv, "sources").items())
    urls_of_files(path, table(data, "project").get("dependencies"))
    _indexes(path, uv)
    refuse_host_output(context, install.folder, ".venv")
    others = filter(context.ships, (lock, *(posixpath.join(install.folder, name) for name in _SETTINGS)))
    alone = tuple(place for place in folders if context.ships(place))
    return Inputs((path, *others, *manifests, *alone), tuple(place for place in folders if place not in alone))


def _members(context: Context, path: str, workspace: dict[str, Any]) -> list[str]:
    """The pyproject.toml of each member that the patterns of `members` find."""
    folder = posixpath.dirname(path)
    found: list[str] = []
    for pattern in listed(workspace.get("members")):
        head, _, last = str(pattern).rpartition("/")
        parent = inside(folder, head)
        if parent is None or "*" in head:
            raise LeaveAlone("workspace", f"{path}: the members at {pattern} are not followed")
        names = context.folders_in(parent) if set(last) & set("*?[") else [last]
        members = (posixpath.join(parent, name, "pyproject.toml") for name in names if fnmatch(name, last))
        found += [member for member in members if context.ships(member) and member not in found]
    return found


def _indexes(path: str, uv: dict[str, Any]) -> None:
    """An index or a page of archives may be a folder."""
    indexes = uv.get("index") or ()
    urls = [one.get("url") for one in indexes if isinstance(one, dict)] + list(uv.get("find-links") or ())
    for url in urls:
        if isinstance(url, str) and ("://" not in url or url.startswith("file:")):
            raise LeaveAlone("local-source", f"{path} takes packages from {url}")


def _is_member(context: Context, folder: str) -> bool:
    """Whether a folder above has a workspace: uv then takes that one's lock file."""
    outer = (attempt(read_toml, context, posixpath.join(place, "pyproject.toml")) for place in above(folder))
    return any(isinstance(data, dict) and "workspace" in table(data, "tool", "uv") for data in outer)

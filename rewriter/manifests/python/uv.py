"""What `uv sync --no-install-project` reads: pyproject.toml, uv.lock, settings, local packages.

Source: docs.astral.sh/uv ("Using uv in Docker", "Locking and syncing", "Configuration files").
"""

from __future__ import annotations

import posixpath
from fnmatch import fnmatch
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone, attempt
from dfix.rewriter.context.context_path import above, inside
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.pyproject import (
    installs_project,
    local_paths,
    refuse_file_urls,
    refuse_local_sources,
    twice,
)
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import refuse_host_output
from dfix.rewriter.text.expression import expression

_OTHER_PLACES = frozenset(("--directory", "--project", "--config-file", "--script", "--find-links", "-f", "--active"))
_NO_PROJECT = frozenset(("--no-install-project", "--no-install-workspace"))
_NO_MEMBERS = frozenset(("--no-install-workspace",))
_REGISTRY = expression(r"""\bregistry\s*=\s*["'](?P<path>(?!https?:)[^"'\n]+)""")
_LARGEST_LOCK = 50_000_000
_SETTINGS = ("uv.toml", ".python-version", ".python-versions")


def inputs(context: Context, install: Install) -> Inputs:
    """What the sync reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    elsewhere = flags & _OTHER_PLACES
    if elsewhere:
        raise LeaveAlone("option", f"`{install.shown}` has {min(elsewhere)}, which changes what it reads")
    path = posixpath.join(install.folder, "pyproject.toml")
    data = read_toml(context, path)
    uv = table(data, "tool", "uv")
    packaged = uv.get("package", "build-system" in data)
    if packaged and not flags & _NO_PROJECT:
        option = "--no-install-workspace" if "workspace" in uv else "--no-install-project"
        raise installs_project(install, twice(option))
    if _is_member(context, install.folder):
        raise LeaveAlone("workspace", f"{path} is below a workspace root, whose files uv reads too")
    manifests = _members(context, path, table(uv, "workspace"))
    if manifests and not flags & _NO_MEMBERS:
        reason = f"`{install.shown}` installs the members of the workspace, so it reads their sources"
        raise LeaveAlone("installs-project", reason, twice("--no-install-workspace"))
    lock = posixpath.join(install.folder, "uv.lock")
    if not flags & {"--frozen", "--locked"} and not install.lock_stays:
        _refuse_rewritten_lock(context, install, lock, data)
    for manifest in (path, *manifests) if "--frozen" not in flags else ():
        if table(read_toml(context, manifest), "project").get("dynamic"):
            reason = f"{manifest}: `dynamic` fields may be read from the sources"
            raise LeaveAlone("reads-sources", reason, "add `--frozen`")
    local = local_paths(context, path, table(uv, "sources").items())
    refuse_file_urls(path, table(data, "project").get("dependencies"))
    _refuse_local_indexes(path, uv)
    indexes = _local_indexes(context, lock)
    refuse_host_output(context, install.folder, ".venv")
    optional = filter(context.ships, (lock, *(posixpath.join(install.folder, name) for name in _SETTINGS)))
    archives = tuple(filter(context.ships, local))
    folders = (*(path for path in local if path not in archives), *indexes)
    return Inputs((path, *optional, *manifests, *archives), folders)


def _members(context: Context, path: str, workspace: dict[str, Any]) -> list[str]:
    """The pyproject.toml of each workspace member; in a pattern only the last part may be a glob ("packages/*")."""
    folder = posixpath.dirname(path)
    paths: list[str] = []
    for pattern in listed(workspace.get("members")):
        head, _, last = str(pattern).rpartition("/")
        parent = inside(folder, head)
        if parent is None or "*" in head:
            raise LeaveAlone("workspace", f"{path}: the workspace has members at {pattern}, which dfix does not follow")
        names = context.folders_in(parent) if set(last) & set("*?[") else [last]
        members = (posixpath.join(parent, name, "pyproject.toml") for name in names if fnmatch(name, last))
        paths += [member for member in members if context.ships(member) and member not in paths]
    return paths


def _refuse_rewritten_lock(context: Context, install: Install, lock: str, data: dict[str, Any]) -> None:
    """Raises LeaveAlone where uv may write the lock file anew."""
    text = context.read(lock, _LARGEST_LOCK)
    if text is None:
        return
    if context.ships(posixpath.join(install.folder, "uv.toml")):
        difference = "uv.toml has settings"
    else:
        from dfix.rewriter.manifests.python.uv_lock_form import uv_rewrites_because

        difference = uv_rewrites_because(text, data, install.arguments, dict(install.env))
    if difference:
        reason = f"`{install.shown}` may rewrite {lock}: {difference}"
        raise LeaveAlone("lock-rewritten", reason, "run `uv lock`, commit uv.lock, and add `--locked`")


def _refuse_local_indexes(path: str, uv: dict[str, Any]) -> None:
    """Raises LeaveAlone when an index, or a page of links, is a local path."""
    indexes = [table(index).get("url") for index in listed(uv.get("index"))]
    refuse_local_sources(path, [*indexes, *listed(uv.get("find-links"))])


def _local_indexes(context: Context, lock: str) -> list[str]:
    """The folders that the lock file takes packages from: an index, or archives. Raises LeaveAlone for any other."""
    folders: list[str] = []
    for match in _REGISTRY.finditer(context.read(lock, _LARGEST_LOCK) or ""):
        path = inside(posixpath.dirname(lock), match["path"])
        if not path or not context.ships_any(path):
            raise LeaveAlone("local-source", f"{lock} takes a package from {match['path']}, which dfix does not follow")
        folders += [] if path in folders else [path]
    return folders


def _is_member(context: Context, folder: str) -> bool:
    """Whether a folder above has a workspace: uv then uses the lock file at its root."""
    parents = (attempt(read_toml, context, posixpath.join(parent, "pyproject.toml")) for parent in above(folder))
    return any(isinstance(data, dict) and "workspace" in table(data, "tool", "uv") for data in parents)

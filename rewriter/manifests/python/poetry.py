"""What `poetry install --no-root` reads: pyproject.toml, poetry.lock, settings, local dependencies.

Source: python-poetry.org/docs ("install", "Dependency specification", "Configuration").
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
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

_OTHER_FOLDER = frozenset(("-C", "--directory", "-P", "--project"))


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    if flags & _OTHER_FOLDER:
        raise LeaveAlone("unknown-folder", f"`{install.shown}` names its folder by an option")
    path = posixpath.join(install.folder, "pyproject.toml")
    data = read_toml(context, path)
    poetry = table(data, "tool", "poetry")
    if "--only-root" in flags or not ("--no-root" in flags or poetry.get("package-mode") is False):
        raise installs_project(install, twice("--no-root"))
    lock = posixpath.join(install.folder, "poetry.lock")
    if "poetry-dynamic-versioning" in table(data, "tool") or table(poetry, "requires-plugins"):
        raise LeaveAlone("plugin", f"{path} asks for plugins of poetry, which may read the project")
    local = local_paths(context, path, _dependencies(poetry))
    refuse_file_urls(path, table(data, "project").get("dependencies"))
    refuse_local_sources(path, (table(source).get("url") for source in listed(poetry.get("source"))))
    why = "which poetry uses today, but which would overwrite the new one after a split"
    refuse_host_output(context, install.folder, ".venv", why=why)
    optional = (lock, posixpath.join(install.folder, "poetry.toml"))
    archives = tuple(filter(context.ships, local))
    folders = tuple(path for path in local if path not in archives)
    return Inputs((path, *filter(context.ships, optional), *archives), folders)


def _dependencies(poetry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Names and entries of all groups in `[tool.poetry]`."""
    for key in ("dependencies", "dev-dependencies"):
        yield from table(poetry, key).items()
    for group in table(poetry, "group").values():
        yield from table(group, "dependencies").items()

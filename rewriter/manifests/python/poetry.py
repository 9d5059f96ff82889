"""What `poetry install --no-root` reads: pyproject.toml, poetry.lock, settings, dependencies in folders.

Source: python-poetry.org/docs ("install", "Dependency specification", "Configuration").
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.pyproject import installs_project, local_paths, urls_of_files
from dfix.rewriter.manifests.shared.formats import read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import refuse_host_output

_OTHER_FOLDER = frozenset(("-C", "--directory", "-P", "--project"))


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads, or why that cannot be known."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    if flags & _OTHER_FOLDER:
        raise LeaveAlone("unknown-folder", f"`{install.shown}` works in another folder")
    path = posixpath.join(install.folder, "pyproject.toml")
    data = read_toml(context, path)
    poetry = table(data, "tool", "poetry")
    if "--only-root" in flags or not ("--no-root" in flags or poetry.get("package-mode") is False):
        hint = "install with --no-root before the sources are copied, and as you do now after them"
        raise installs_project(install, hint)
    lock = posixpath.join(install.folder, "poetry.lock")
    if "poetry-dynamic-versioning" in table(data, "tool") or table(poetry, "requires-plugins"):
        raise LeaveAlone("plugin", f"{path} asks for plugins of poetry, which may read the project")
    folders = local_paths(context, path, _dependencies(poetry))
    urls_of_files(path, table(data, "project").get("dependencies"))
    why = "which poetry would use and the later copy replace"
    refuse_host_output(context, install.folder, ".venv", why=why)
    others = (lock, posixpath.join(install.folder, "poetry.toml"))
    files = (path, *filter(context.ships, others))
    alone = tuple(place for place in folders if context.ships(place))
    return Inputs((*files, *alone), tuple(place for place in folders if place not in alone))


def _dependencies(poetry: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for key in ("dependencies", "dev-dependencies"):
        yield from table(poetry, key).items()
    for group in table(poetry, "group").values():
        yield from table(group, "dependencies").items()

"""What `pdm install --no-self` reads: pyproject.toml, pdm.lock, settings, dependencies in folders.

Sources: pdm-project.org ("pdm install", "Working with lock files").
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.pyproject import installs_project, urls_of_files
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import refuse_host_output

_OTHER_FILES = frozenset(("-p", "--project", "-L", "--lockfile", "--override", "-c", "--config"))
_KEEPS_LOCK = frozenset(("--frozen-lockfile", "--no-lock", "--check", "sync"))


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads, or why that cannot be known."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    elsewhere = flags & _OTHER_FILES
    if elsewhere:
        raise LeaveAlone("option", f"`{install.shown}` has {min(elsewhere)}, which changes what it reads")
    path, lock = (posixpath.join(install.folder, name) for name in ("pyproject.toml", "pdm.lock"))
    data = read_toml(context, path)
    pdm = table(data, "tool", "pdm")
    if "--no-self" not in flags and table(data, "project").get("name"):  # `distribution` counts since pdm 2.11 only
        hint = "install with --no-self before the sources are copied, and as you do now after them"
        raise installs_project(install, hint)
    if pdm.get("plugins") or {"pre_install", "post_install"} & {*table(pdm, "scripts")}:
        raise LeaveAlone("plugin", f"{path} has plugins or scripts that run with the install")
    if context.ships(lock) and not flags & _KEEPS_LOCK:
        raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}", "add `--frozen-lockfile`")
    _requirements(path, data, pdm)
    why = "which pdm would use and the later copy replace"
    refuse_host_output(context, install.folder, ".venv", ".pdm-python", "__pypackages__", why=why)
    others = (lock, *(posixpath.join(install.folder, name) for name in ("pdm.toml", ".pdm.toml")))
    return Inputs((path, *filter(context.ships, others)))


def _requirements(path: str, data: dict[str, Any], pdm: dict[str, Any]) -> None:
    """Requirements that name files, as `-e file:///${PROJECT_ROOT}/libs/a` does."""
    project = table(data, "project")
    if "dependencies" in listed(project.get("dynamic")):
        raise LeaveAlone("reads-sources", f"{path}: the dependencies are read from other files (`dynamic`)")
    groups = [project.get("dependencies"), *table(project, "optional-dependencies").values()]
    groups += [*table(pdm, "dev-dependencies").values(), *table(data, "dependency-groups").values()]
    for group in groups:
        urls_of_files(path, group)

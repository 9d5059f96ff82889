"""What `pdm install --no-self` reads: pyproject.toml, pdm.lock, settings.

Sources: pdm-project.org ("pdm install", "Working with lock files").
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.pyproject import (
    installs_project,
    refuse_dynamic_dependencies,
    refuse_file_urls,
    refuse_local_sources,
    twice,
)
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import refuse_host_output

_OTHER_FILES = frozenset(("-p", "--project", "-L", "--lockfile", "--override", "-c", "--config"))
_KEEPS_LOCK = frozenset(("--frozen-lockfile", "--no-lock", "--check", "sync"))


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    flags = {argument.partition("=")[0] for argument in install.arguments}
    elsewhere = flags & _OTHER_FILES
    if elsewhere:
        raise LeaveAlone("option", f"`{install.shown}` has {min(elsewhere)}, which changes what it reads")
    path, lock = (posixpath.join(install.folder, name) for name in ("pyproject.toml", "pdm.lock"))
    data = read_toml(context, path)
    pdm = table(data, "tool", "pdm")
    if "--no-self" not in flags and table(data, "project").get("name"):  # `distribution` counts since pdm 2.11 only
        raise installs_project(install, twice("--no-self"))
    if pdm.get("plugins") or {"pre_install", "post_install"} & {*table(pdm, "scripts")}:
        raise LeaveAlone("plugin", f"{path} has plugins or scripts that run during the install")
    if context.ships(lock) and not flags & _KEEPS_LOCK and not install.lock_stays:
        raise LeaveAlone("lock-rewritten", f"`{install.shown}` may rewrite {lock}", "add `--frozen-lockfile`")
    _refuse_local_files(path, data, pdm)
    why = "which pdm uses today, but which would overwrite the new one after a split"
    refuse_host_output(context, install.folder, ".venv", ".pdm-python", "__pypackages__", why=why)
    optional = (lock, *(posixpath.join(install.folder, name) for name in ("pdm.toml", ".pdm.toml")))
    return Inputs((path, *filter(context.ships, optional)))


def _refuse_local_files(path: str, data: dict[str, Any], pdm: dict[str, Any]) -> None:
    """Raises LeaveAlone for requirements that name files, such as `-e file:///${PROJECT_ROOT}/libs/a`."""
    project = table(data, "project")
    refuse_dynamic_dependencies(path, data)
    refuse_local_sources(path, (table(source).get("url") for source in listed(pdm.get("source"))))
    groups = [project.get("dependencies"), *table(project, "optional-dependencies").values()]
    groups += [*table(pdm, "dev-dependencies").values(), *table(data, "dependency-groups").values()]
    for group in groups:
        refuse_file_urls(path, group)

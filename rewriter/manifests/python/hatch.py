"""What `hatch env create` reads: only pyproject.toml and hatch.toml, if the environment does not install the project.

Source: hatch.pypa.io ("Environment configuration": skip-install, detached).
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.pyproject import installs_project, refuse_dynamic_dependencies, refuse_file_urls
from dfix.rewriter.manifests.shared.formats import read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    if any(word in ("-p", "--project") or word.startswith(("-p=", "--project=")) for word in install.arguments):
        raise LeaveAlone("unknown-folder", f"`{install.shown}` names its project by an option")
    path = posixpath.join(install.folder, "pyproject.toml")
    data = read_toml(context, path)
    settings = posixpath.join(install.folder, "hatch.toml")
    hatch = read_toml(context, settings) if context.ships(settings) else {}
    environments = {**table(data, "tool", "hatch", "envs"), **table(hatch, "envs")}
    name = next((word for word in install.arguments[2:] if not word.startswith("-")), "default")
    chosen = {**table(environments, "default"), **table(environments, name)}
    if not chosen.get("detached") and not chosen.get("skip-install"):
        raise installs_project(install, f"set `skip-install = true` for the environment {name}")
    _refuse_file_readers(path, data, chosen)
    return Inputs((path, *((settings,) if context.ships(settings) else ())))


def _refuse_file_readers(path: str, data: dict[str, Any], chosen: dict[str, Any]) -> None:
    """Raises LeaveAlone when the chosen environment may depend on more than these two files."""
    unknown = [key for key in ("matrix", "template", "workspace", "type") if chosen.get(key)]
    if unknown:
        raise LeaveAlone("setting", f"{path}: the environment has `{unknown[0]}`, which dfix does not follow")
    refuse_dynamic_dependencies(path, data)
    refuse_file_urls(path, chosen.get("dependencies"))

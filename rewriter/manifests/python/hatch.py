"""What `hatch env create` reads: an environment without the project itself needs pyproject.toml and hatch.toml alone.

Source: hatch.pypa.io ("Environment configuration": skip-install, detached).
"""

from __future__ import annotations

import posixpath
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.pyproject import installs_project, urls_of_files
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads, or why that cannot be known."""
    if any(word in ("-p", "--project") or word.startswith(("-p=", "--project=")) for word in install.arguments):
        raise LeaveAlone("unknown-folder", f"`{install.shown}` works in another folder")
    path = posixpath.join(install.folder, "pyproject.toml")
    data = read_toml(context, path)
    settings = posixpath.join(install.folder, "hatch.toml")
    own = read_toml(context, settings) if context.ships(settings) else {}
    environments = {**table(data, "tool", "hatch", "envs"), **table(own, "envs")}
    name = next((word for word in install.arguments[2:] if not word.startswith("-")), "default")
    chosen = {**table(environments, "default"), **table(environments, name)}
    if not chosen.get("detached") and not chosen.get("skip-install"):
        raise installs_project(install, f"set `skip-install = true` for the environment {name}")
    _plain(path, data, chosen)
    return Inputs((path, *((settings,) if context.ships(settings) else ())))


def _plain(path: str, data: dict[str, Any], chosen: dict[str, Any]) -> None:
    """Environments that look at more than these files."""
    strange = [key for key in ("matrix", "template", "workspace", "type") if chosen.get(key)]
    if strange:
        raise LeaveAlone("setting", f"{path}: the environment has `{strange[0]}`, which dfix does not follow")
    if "dependencies" in listed(table(data, "project").get("dynamic")):
        raise LeaveAlone("reads-sources", f"{path}: the dependencies are read from other files (`dynamic`)")
    urls_of_files(path, chosen.get("dependencies"))

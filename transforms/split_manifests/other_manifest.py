"""A variable makes an install read another manifest than the one that its reader would look at."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.install_table import replacements
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.transforms.split_manifests.installs import InstallRun

_NONE = ("", "off")
"""Values that name no manifest (`GOWORK=off`)."""


def check_usual_manifest(run: InstallRun, install: ProjectInstall) -> None:
    """Raises LeaveAlone where a variable in force replaces the manifest of an install of `run`."""
    rows = replacements(install.manager)
    values = values_in_force(run.step, install.located) if rows else {}
    for row in rows:
        value = values.get(row.variable, "")
        if row.option:
            value = next((word.partition("=")[2] for word in value.split() if word.startswith(row.option)), "")
        usual = posixpath.normpath(posixpath.join(install.located.folder or "?", row.manifest))
        if value in _NONE or resolve(install.located.folder, value) == usual:
            continue
        if "$" in value:
            reason = f"{row.variable} names the manifest of `{install.shown}`; its value is unknown before the build"
            raise LeaveAlone("setting", reason, f"set {row.variable} to a literal value")
        instead = "the folder in which it runs" if row.manifest == "." else row.manifest
        reason = f"{row.variable} makes `{install.shown}` read {value} instead of {instead}"
        raise LeaveAlone("setting", f"{reason}, which dfix does not follow")

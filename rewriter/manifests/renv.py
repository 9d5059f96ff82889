"""What `renv::restore()` reads: renv.lock, the .Rprofile that R runs when it starts, renv's own files.

Source: rstudio.github.io/renv ("Using renv with Docker", "Lockfiles").
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Inputs, Install
from dfix.rewriter.manifests.shared.missing import missing, refuse_host_output
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.json_text import json_value

_LARGEST = 10_000_000
_RESTORE = expression(r"renv::restore\((?:\s*+(?:prompt|clean)\s*=\s*(?:TRUE|FALSE|T|F)\s*+,?)*+\s*\)")
_HARMLESS = expression(
    r"(renv::consent\(provided\s*=\s*(TRUE|T)\)|options\([^()]*(\([^()]*\)[^()]*)*\)|library\(renv\))"
)
"""Expressions next to the restore that read no file of the project."""
_PROFILE = expression(r"""source\(["']renv/activate\.R["']\)""")
_RENV_FILES = ("renv/activate.R", "renv/settings.json", "renv/settings.dcf", "renv/.gitignore")


def inputs(context: Context, install: Install) -> Inputs:
    """What the restore reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    words = iter(install.arguments)
    expressions = [next(words, "") for word in words if word == "-e"]
    for part in (part.strip() for given in expressions for part in given.split(";")):
        if part and not _RESTORE.fullmatch(part) and not _HARMLESS.fullmatch(part):
            raise LeaveAlone("hook-script", f"`{part[:60]}` runs in the same R session and may read the project")
    path = posixpath.join(install.folder, "renv.lock")
    text = context.read(path, _LARGEST)
    if text is None:
        raise missing(context, path)
    _refuse_local_packages(path, text)
    refuse_host_output(context, install.folder, "renv/library")
    profile = posixpath.join(install.folder, ".Rprofile")
    files = [path]
    if context.ships(profile):
        lines = (line.partition("#")[0].strip() for line in (context.read(profile) or "").splitlines())
        unknown = [line for line in lines if line and not _PROFILE.fullmatch(line)]
        if unknown:
            raise LeaveAlone("hook-script", f"{profile} runs `{unknown[0][:60]}` whenever R starts")
        files.append(profile)
    renv_files = (posixpath.join(install.folder, name) for name in _RENV_FILES)
    local_packages = [posixpath.join(install.folder, name) for name in ("renv/cellar", "renv/local")]
    return Inputs((*files, *filter(context.ships, renv_files)), tuple(filter(context.ships_any, local_packages)))


def _refuse_local_packages(path: str, text: str) -> None:
    """Raises LeaveAlone for a lock file with packages that come from a folder."""
    try:
        packages = json_value(text).get("Packages", {})
        local = [str(name) for name, entry in packages.items() if entry.get("Source") == "Local"]
    except (ValueError, AttributeError):
        raise LeaveAlone("broken-manifest", f"{path} is not a valid renv lock file") from None
    if local:
        raise LeaveAlone("local-source", f"{path}: {local[0]} comes from a local folder, which dfix does not follow")

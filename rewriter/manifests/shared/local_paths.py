"""Paths that manifests name: those within the build context, and why others are not followed."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import inside


def local_path(folder: str, written: str, said: str) -> str:
    """What a file in `folder` names as `written`, as a context path, "" for the root.

    Raises LeaveAlone for a path outside of the context; `said` begins its sentence: "pom.xml has the module ../x".
    """
    path = inside(folder, written)
    if path is None:
        raise outside(said)
    return path


def whole_project(said: str) -> LeaveAlone:
    """Why the project's own folder is not copied for an install; `said` begins the sentence."""
    return LeaveAlone("reads-sources", f"{said}, a folder that holds all of the sources")


def outside(said: str) -> LeaveAlone:
    """Why a path that no COPY can bring is not followed; `said` begins the sentence."""
    return LeaveAlone("outside-context", f"{said}, outside of the build context")

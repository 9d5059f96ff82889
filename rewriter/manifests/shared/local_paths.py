"""Resolve paths that manifests and commands name to context paths, or say why dfix does not follow them."""

from __future__ import annotations

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.context_path import inside
from dfix.rewriter.manifests.shared.inputs import Install


def local_path(folder: str, written: str, statement: str) -> str:
    """The context path of `written`, a relative path in a file of `folder`; "" for the root of the context.

    Raises LeaveAlone for a path outside the context. `statement` starts its text: "pom.xml has the module ../x".
    """
    path = inside(folder, written)
    if path is None:
        raise outside(statement)
    return path


def manifest_path(install: Install, written: str) -> str:
    """The context path of a manifest that the command names as `written` (`-f env.yml`).

    Raises LeaveAlone for a path outside the context, or one that only the build knows (`-f $FILE`).
    """
    path = inside(install.folder, written)
    if path is None:
        unknown = f"`{install.shown}` reads {written}, a path that dfix cannot find in the build context"
        raise LeaveAlone("unknown-folder", unknown)
    return path


def whole_project(statement: str) -> LeaveAlone:
    """The refusal to copy the project's own folder for an install; `statement` starts its text."""
    return LeaveAlone("reads-sources", f"{statement}, the folder with all the sources")


def outside(statement: str) -> LeaveAlone:
    """The refusal to follow a path that no COPY is known to bring; `statement`, which ends with it, starts the text."""
    if statement.rpartition(" ")[2].startswith(("/", "~")):
        hint = "write the path relative to the folder of the manifest"
        return LeaveAlone("outside-context", f"{statement}, an absolute path that dfix does not follow", hint)
    return LeaveAlone("outside-context", f"{statement}, outside the build context")

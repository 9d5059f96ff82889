"""pyproject.toml: reading it, and the folders and files that its dependencies name."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.formats import listed
from dfix.rewriter.manifests.shared.inputs import Install
from dfix.rewriter.manifests.shared.local_paths import outside, whole_project
from dfix.rewriter.manifests.shared.missing import missing


def local_paths(context: Context, path: str, entries: Iterable[tuple[str, Any]]) -> list[str]:
    """The context paths of dependencies like `name = {path = "libs/name"}`; `entries` are names and their tables."""
    folder = posixpath.dirname(path)
    found: list[str] = []
    for name, entry in entries:
        for one in entry if isinstance(entry, list) else [entry]:
            written = one.get("path") if isinstance(one, dict) else None
            if not isinstance(written, str):
                continue
            place = posixpath.normpath(posixpath.join(folder, written))
            if written.startswith(("/", "~")) or place.startswith(".."):
                raise outside(f"{path}: {name} is at {written}")
            if place == (folder or "."):
                raise whole_project(f"{path}: {name} is at {written}")
            if not context.ships(place) and not context.ships_any(place):
                raise missing(context, place)
            found.append(place)
    return found


def urls_of_files(path: str, requirements: Any) -> None:
    """A requirement such as `a @ file:///x` names a place that no COPY brings."""
    for requirement in listed(requirements):
        if isinstance(requirement, str) and "file:" in requirement:
            raise LeaveAlone("local-source", f"{path} requires `{requirement}`")


def installs_project(install: Install, hint: str) -> LeaveAlone:
    """An install that builds the project in place as well."""
    return LeaveAlone(
        "installs-project", f"`{install.shown}` installs the project itself, so it reads the sources", hint
    )

"""Dependencies as pyproject.toml and Pipfile write them, and refusals that Python readers share."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python.local_project import check_local_project
from dfix.rewriter.manifests.shared.formats import listed, table
from dfix.rewriter.manifests.shared.inputs import Install
from dfix.rewriter.manifests.shared.local_paths import outside, whole_project
from dfix.rewriter.manifests.shared.missing import missing


def local_paths(context: Context, path: str, entries: Iterable[tuple[str, Any]]) -> list[str]:
    """The context paths of dependencies like `name = {path = "libs/name"}` in the manifest at `path`.

    `entries` are names with their values; a value may be a list of tables, one for each platform. Raises LeaveAlone
    for a path outside the context, one that does not ship, or the project's own folder.
    """
    folder = posixpath.dirname(path)
    paths: list[str] = []
    for name, entry in entries:
        for source in entry if isinstance(entry, list) else [entry]:
            written = source.get("path") if isinstance(source, dict) else None
            if not isinstance(written, str):
                continue
            local = posixpath.normpath(posixpath.join(folder, written))
            if written.startswith(("/", "~")) or local.startswith(".."):
                raise outside(f"{path}: {name} is at {written}")
            if local == (folder or "."):
                raise whole_project(f"{path}: {name} is at {written}")
            if not context.ships(local) and not context.ships_any(local):
                raise missing(context, local)
            if not context.ships(local):
                check_local_project(context, local)
            paths.append(local)
    return paths


def refuse_file_urls(path: str, requirements: Any) -> None:
    """Raises LeaveAlone for a requirement such as `a @ file:///x` in the manifest at `path`."""
    for requirement in listed(requirements):
        if isinstance(requirement, str) and "file:" in requirement:
            raise LeaveAlone("local-source", f"{path} requires `{requirement}`, a local file that dfix does not follow")


def refuse_local_sources(path: str, urls: Iterable[Any]) -> None:
    """Raises LeaveAlone where an index of packages is a folder or a file of the image; `path` names it."""
    for url in urls:
        if isinstance(url, str) and ("://" not in url or url.startswith("file:")):
            raise LeaveAlone("local-source", f"{path} takes packages from {url}, which dfix does not follow")


def refuse_dynamic_dependencies(path: str, data: dict[str, Any]) -> None:
    """Raises LeaveAlone when `dynamic` of `[project]` has "dependencies": the build backend reads them elsewhere."""
    if "dependencies" in listed(table(data, "project").get("dynamic")):
        raise LeaveAlone("reads-sources", f"{path}: the dependencies are `dynamic`, so they are read from other files")


def twice(option: str) -> str:
    """The hint for an install that has an option to leave out the project."""
    return f"run it with `{option}` before the sources are copied, and again as it is now after that"


def installs_project(install: Install, hint: str) -> LeaveAlone:
    """The refusal of an install that also builds the project; `hint` says how to install only the dependencies."""
    return LeaveAlone(
        "installs-project", f"`{install.shown}` installs the project itself, so it reads the sources", hint
    )

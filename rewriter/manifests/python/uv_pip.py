"""What `uv pip install -r …` and `uv pip sync …` read: what pip reads, and uv's settings.

Source: docs.astral.sh/uv ("The pip interface", "Compatibility with pip").
"""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.python import pip
from dfix.rewriter.manifests.python.pip_options import options
from dfix.rewriter.manifests.python.pyproject import local_paths, refuse_dynamic_dependencies
from dfix.rewriter.manifests.shared.formats import listed, read_toml, table
from dfix.rewriter.manifests.shared.inputs import Inputs, Install

_OTHER_FILES = frozenset(
    "--override --overrides --build-constraint --config-file --directory --project --group".split()
)


def inputs(context: Context, install: Install) -> Inputs:
    """What the install reads. Raises LeaveAlone when that depends on something that dfix does not follow."""
    for argument in install.arguments:
        if argument.partition("=")[0] in _OTHER_FILES:
            raise LeaveAlone("option", f"`{install.shown}` has {argument}, which changes what it reads")
    words = install.arguments[1:]
    if words[:1] == ("sync",):
        words = ("sync", *(word for name, value in options(words[1:]) for word in (name or "-r", value)))
    reads = pip.inputs(context, install._replace(arguments=words))
    for path in reads.files:
        if posixpath.basename(path) in pip.PROJECT_FILES:
            local = _local_packages(context, path)
            archives = tuple(filter(context.ships, local))
            folders = tuple(path for path in local if path not in archives)
            reads = reads._replace(files=(*reads.files, *archives), folders=(*reads.folders, *folders))
    for name in ("pyproject.toml", "uv.toml"):
        path = posixpath.join(install.folder, name)
        text = context.read(path)
        if text is not None and (name == "uv.toml" or "[tool.uv" in text) and path not in reads.files:
            reads = reads._replace(files=(*reads.files, path))
    return reads


def _local_packages(context: Context, path: str) -> list[str]:
    """The local packages of a project whose dependencies are installed.

    Raises LeaveAlone where uv has to build the project to know its dependencies, since that reads the sources.
    """
    data = read_toml(context, path) if path.endswith(".toml") else {}
    if "project" not in data:
        raise LeaveAlone("reads-sources", f"uv builds the project of {path} to know its dependencies")
    refuse_dynamic_dependencies(path, data)
    sources = table(data, "tool", "uv", "sources")
    if "optional-dependencies" in listed(table(data, "project").get("dynamic")):
        raise LeaveAlone("reads-sources", f"{path}: `dynamic` fields may be read from the sources")
    if any("workspace" in source for entry in sources.values() for source in (*listed(entry), entry) if source):
        raise LeaveAlone("workspace", f"{path} takes a package from its workspace, whose files uv reads too")
    return local_paths(context, path, sources.items())

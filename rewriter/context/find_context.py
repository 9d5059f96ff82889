"""Finding the build context of a Dockerfile: from files that name it, else by where its COPY sources are.

Whatever these files say, the context is inside of the root (dfix.rewriter.text.root), or there is none.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.declared_builds import declared_builds
from dfix.rewriter.text.known import once
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.root import is_shared, leads_out, real, root_of, upwards


class FoundContext(NamedTuple):
    """The context folder, "" for none, and why it is that folder or why there is none, in words."""

    folder: str
    why: str


def find_context(
    dockerfile: str, sources: Sequence[str], work_folders: Sequence[str] = (), root: str = ""
) -> FoundContext:
    """The build context of the Dockerfile at `dockerfile`.

    `sources` are the literal paths that its COPY and ADD lines copy from the context, `work_folders` the folders of the
    context in which it works: where the Dockerfile itself is in one, seen from above, that is the root. Files that name
    the Dockerfile (compose, bake, devcontainer, skaffold) are searched in its folder and the ones above it, up to
    `root`, which is found if not given. A folder that belongs to no project (`/`, a home folder, /tmp) is none.
    """
    path = real(dockerfile)
    root = root or root_of(dockerfile)
    if leads_out(path, (root,)):
        return FoundContext("", f"the Dockerfile leads to a folder outside of {root}")
    folders = list(upwards(os.path.dirname(path), root))
    possible = [folder for folder in folders if not is_shared(folder)]
    declared = _declared(path, possible, root)
    if declared is not None:
        return declared
    for folder in possible:
        if folder != folders[0] and any(os.path.join(folder, below) == folders[0] for below in work_folders):
            return FoundContext(folder, "a WORKDIR leads from there to the Dockerfile's folder")
    if sources:
        for folder in possible:
            if all(_there(folder, source, root) for source in sources):
                return FoundContext(folder, "its COPY sources exist there")
    if folders[0] not in possible:
        return FoundContext("", f"{folders[0]} belongs to no single project, so dfix does not take it as the context")
    return FoundContext(folders[0], "the Dockerfile's own folder")


def _declared(path: str, folders: Sequence[str], root: str) -> FoundContext | None:
    """The context that a file of these folders names for the Dockerfile; None if no file does."""
    outside = None
    for folder in folders:
        for name, builds in once(declared_builds, folder, (root,)):
            for build in builds:
                if build.context is None or not build.dockerfile:
                    continue
                context = os.path.normpath(os.path.join(folder, build.context))
                if os.path.normpath(os.path.join(context, build.dockerfile)) != path:
                    continue
                if leads_out(context, (root,)) or is_shared(real(context)):
                    outside = outside or FoundContext("", f"{name} names a build context outside of {root}")
                elif os.path.isdir(context):
                    return FoundContext(real(context), f"named by {name}")
    return outside


def _there(folder: str, source: str, root: str) -> bool:
    path = os.path.join(folder, normal(source))
    return os.path.lexists(path) and not leads_out(os.path.dirname(path), (root,))

"""Finding the build context of a Dockerfile: from files that name it, else by where its COPY sources are."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.declared_builds import declared_builds

MOST_LEVELS = 6


class FoundContext(NamedTuple):
    """The context folder, and how it was found, in words."""

    root: str
    why: str


def find_context(dockerfile: str, sources: Sequence[str], work_folders: Sequence[str] = ()) -> FoundContext:
    """The build context of the Dockerfile at `dockerfile`.

    `sources` are the literal paths that its COPY and ADD lines copy from the context, `work_folders` the folders of the
    context in which it works: where the Dockerfile itself is in one, seen from above, that is the root. Files that name
    the Dockerfile (compose, bake, devcontainer, skaffold) are searched in its folder and the ones above it, up to the
    root of the repository.
    """
    path = os.path.realpath(dockerfile)
    folders = list(upwards(os.path.dirname(path)))
    for folder in folders:
        for name, builds in declared_builds(folder):
            for build in builds:
                if build.context is None or not build.dockerfile:
                    continue
                root = os.path.normpath(os.path.join(folder, build.context))
                if os.path.normpath(os.path.join(root, build.dockerfile)) == path and os.path.isdir(root):
                    return FoundContext(root, f"named by {name}")
    for folder in folders[1:]:
        if any(os.path.join(folder, below) == folders[0] for below in work_folders):
            return FoundContext(folder, "a WORKDIR leads from there to the Dockerfile's folder")
    if sources:
        for folder in folders:
            if all(_there(folder, source) for source in sources):
                return FoundContext(folder, "its COPY sources exist there")
    return FoundContext(folders[0], "the Dockerfile's own folder")


def upwards(folder: str) -> Iterator[str]:
    """A folder and those above it, up to the root of the repository; at most MOST_LEVELS."""
    for _ in range(MOST_LEVELS):
        yield folder
        above = os.path.dirname(folder)
        if os.path.exists(os.path.join(folder, ".git")) or above == folder:
            return
        folder = above


def _there(folder: str, source: str) -> bool:
    return os.path.lexists(os.path.join(folder, normal(source)))

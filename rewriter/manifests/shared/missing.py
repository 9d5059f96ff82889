"""A file that an install needs and that does not ship, and one that ships and should not."""

from __future__ import annotations

import posixpath

from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests.shared.inputs import Blocked


def missing(context: Context, path: str) -> Blocked:
    """Why a file that an install needs cannot be had."""
    if context.exists(path):
        line = context.ignore.line_for(path)
        if line:
            return Blocked("no-manifest", f"{path} is left out by line {line} of {context.ignore_name}")
        return Blocked("no-manifest", f"{path} is no readable file of the build context")
    return Blocked("no-manifest", f"{path} is not in the build context", "name its folder with --context")


def in_the_way(
    context: Context, folder: str, *names: str, why: str = "which would replace what the install writes"
) -> Blocked | None:
    """Why outputs of the install, files or folders in `folder`, keep the sources from being copied later."""
    for path in (posixpath.join(folder, name) for name in names):
        if context.ships(path) or context.ships_any(path):
            hint = f"add `{path}` to {context.ignore_name}"
            return Blocked("outputs-ship", f"the build context ships {path}, {why}", hint)
    return None

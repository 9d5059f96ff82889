"""A file that an install needs and that does not ship, and one that ships and should not."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context


def missing(context: Context, path: str) -> LeaveAlone:
    """Why a file that an install needs cannot be had."""
    if context.exists(path):
        line = context.ignore.line_for(path)
        if line:
            return LeaveAlone("missing-file", f"{path} is left out by line {line} of {context.ignore_name}")
        return LeaveAlone("missing-file", f"{path} is not a readable file of the build context")
    return LeaveAlone("missing-file", f"{path} is not in the build context", "name its folder with --context")


def in_the_way(
    context: Context, folder: str, *names: str, why: str = "which would replace what the install writes"
) -> None:
    """Raises LeaveAlone where the context ships files or folders in `folder` that the install writes itself."""
    for path in (posixpath.join(folder, name) for name in names):
        if context.ships(path) or context.ships_any(path):
            hint = f"add `{path}` to {context.ignore_name}"
            raise LeaveAlone("host-output", f"the build context ships {path}, {why}", hint)

"""A file that an install needs and that does not ship."""

from __future__ import annotations

from rewriter.context.folder import Context
from rewriter.context.readers.answer import Blocked


def missing(context: Context, path: str) -> Blocked:
    """Why a file that an install needs cannot be had."""
    if context.exists(path):
        line = context.ignore.line_for(path)
        if line:
            return Blocked("no-manifest", f"{path} is left out by line {line} of {context.ignore_name}")
        return Blocked("no-manifest", f"{path} is no readable file of the build context")
    return Blocked("no-manifest", f"{path} is not in the build context", "name its folder with --context")

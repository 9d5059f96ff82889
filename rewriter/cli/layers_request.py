"""What a `dfix layers` command line asks for."""

from __future__ import annotations

import os

from dfix.rewriter.cli.request import Request
from dfix.rewriter.text.named_tuple import NamedTuple


class LayersRequest(NamedTuple):
    """The arguments of `dfix layers`."""

    files: Request
    """The paths, rules and settings."""
    history: int | None = None
    """How many of the last commits to replay; None: none."""
    since: str | None = None
    """The commit since which to look for what runs again."""


def fault(request: LayersRequest) -> str:
    """Why the flags of a request cannot be combined, as a sentence, or ""."""
    context = request.files.context
    if "-" in request.files.paths:
        return "`-` has no layers to show: what re-runs a step depends on the file's build context. Name the file"
    if context is not None and not os.path.isdir(context):
        return f"--context: no such folder: {context}. Name the folder that the build sends"
    if request.files.config is not None and request.files.isolated:
        return "--config and --isolated cannot be combined. Leave one out"
    return ""

"""What a `dfix common-base` command line asks for."""

from __future__ import annotations

from dfix.rewriter.cli.request import Request


def fault(request: Request) -> str:
    """Why the flags of a request cannot be combined, as a sentence, or ""."""
    if "-" in request.paths:
        return "`-` is one Dockerfile, and a base needs several. Name the files or their folder"
    if request.config is not None and request.isolated:
        return "--config and --isolated cannot be combined. Leave one out"
    if request.mode == "diff" and request.output_format != "text":
        return "--diff has its own format. Leave out --output-format"
    return ""

"""What a `dfix bases` command line asks for."""

from __future__ import annotations

from dfix.rewriter.cli.request import Request
from dfix.rewriter.text.named_tuple import NamedTuple


class BasesRequest(NamedTuple):
    """The arguments of `dfix bases`."""

    files: Request
    """The paths and settings."""
    pin: bool = False
    """Whether to add digests."""
    write: bool = False
    """Whether to write them, instead of showing a diff."""


def bases_fault(request: BasesRequest) -> str:
    """Why the flags of a request cannot be combined, as a sentence, or ""."""
    if "-" in request.files.paths:
        return "`-` has no bases to list. Name the file"
    if request.files.config is not None and request.files.isolated:
        return "--config and --isolated cannot be combined. Leave one out"
    if request.write and not request.pin:
        return "--write writes digests. Add --pin"
    if request.pin and request.files.output_format != "text":
        return "--pin prints a diff. Leave out --output-format"
    return ""

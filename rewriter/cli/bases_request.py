"""What a `dfix bases` command line asks for."""

from __future__ import annotations

from dfix.rewriter.bases.tag_scheme import Level
from dfix.rewriter.cli.request import Request
from dfix.rewriter.text.named_tuple import NamedTuple


class BasesRequest(NamedTuple):
    """The arguments of `dfix bases`."""

    files: Request
    """The paths and settings."""
    pin: bool = False
    """Whether to add digests."""
    update: bool = False
    """Whether to refresh tags and digests."""
    level: Level = "release"
    """How far tags may go."""
    write: bool = False
    """Whether to write the new names, instead of showing a diff."""


def bases_fault(request: BasesRequest) -> str:
    """Why the flags of a request cannot be combined, as a sentence, or ""."""
    if "-" in request.files.paths:
        return "`-` has no bases to list. Name the file"
    if request.files.config is not None and request.files.isolated:
        return "--config and --isolated cannot be combined. Leave one out"
    if request.write and not (request.pin or request.update):
        return "--write writes tags and digests. Add --update or --pin"
    if request.level != "release" and not request.update:
        return "--level says how far tags may go. Add --update"
    return ""

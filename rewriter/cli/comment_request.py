"""What a `dfix comment` command line asks for."""

from __future__ import annotations

from dfix.rewriter.text.named_tuple import NamedTuple


class CommentRequest(NamedTuple):
    """The arguments of `dfix comment`."""

    paths: tuple[str, ...]
    """One file, which `dfix verify` wrote."""
    pull_request: int | None = None
    """Its number; None for that of the CI job."""
    color: str = "auto"
    quiet: bool = False

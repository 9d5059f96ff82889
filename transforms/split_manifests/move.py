"""Copies that move after an install, and the COPY lines for what the install reads."""

from __future__ import annotations

from dfix.rewriter.model import Step
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.text.named_tuple import NamedTuple


class ManifestCopy(NamedTuple):
    """One COPY line to write."""

    copy: Copied
    """The moved copy that brings the sources today; the line has its flags."""
    sources: tuple[str, ...]
    """Context paths."""
    folder: str
    """Where they go, relative to the destination of `copy`; "" for the destination itself."""
    as_it_is: bool = False
    """Whether it is the line of `copy` itself, which brings one file under another name."""


class Move(NamedTuple):
    """What changes places: the copies go after the install, and the lines before it."""

    copies: tuple[Copied, ...]
    lines: tuple[ManifestCopy, ...]
    read: tuple[str, ...]
    """What the install reads, for messages: context paths, folders with a slash at the end."""
    warnings: tuple[str, ...]
    """What the reader of the manifests wants the user to know."""
    place: Step | None = None
    """The step before which the lines go; None for the places of the copies."""

    def copied_first(self) -> frozenset[str]:
        """The context paths that are copied before the install."""
        return frozenset(source for line in self.lines for source in line.sources)

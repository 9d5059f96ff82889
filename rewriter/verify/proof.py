"""What a proof says of one Dockerfile; the table, JSON and the writer read only this."""

from __future__ import annotations

from typing import Literal, NamedTuple

from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.verify.compare import Comparison, Difference

Verdict = Literal["proven", "broken", "unbuilt", "unchanged", "failed"]
"""`unbuilt`: it did not build before either, which proves nothing. `failed`: it could not be tried, see `message`."""


class Rebuild(NamedTuple):
    """A build as BuildKit recorded it: the steps that ran, how many came from the cache, and seconds (the median)."""

    ran: tuple[str, ...]
    cached: int
    seconds: float


class Measures(NamedTuple):
    """One version of the file. `size` and `pushed` are bytes of layers, uncompressed.

    `pushed` is what a registry that has the image lacks after an edit of a source. None where nothing was measured.
    """

    cold: Rebuild
    layers: int
    size: int
    unchanged: Rebuild | None = None
    source: Rebuild | None = None
    dependency: Rebuild | None = None
    pushed: int | None = None


class Blame(NamedTuple):
    """A change that broke its contract; without `differences` the file no longer built, and `message` says why.

    `change` is None for a rewrite that someone else made.
    """

    change: Applied | None
    differences: tuple[Difference, ...]
    message: str
    log: str = ""


class Proof(NamedTuple):
    """`result` is what was to be proven, `settled` what is left of it without the changes of `blamed`.

    `edited` are the context paths that were edited to measure rebuilds. `ran` says what running both images showed,
    where a change declares another image.
    """

    verdict: Verdict
    result: Result
    settled: Result
    comparison: Comparison | None = None
    blamed: tuple[Blame, ...] = ()
    before: Measures | None = None
    after: Measures | None = None
    edited: tuple[str, str] = ("", "")
    message: str = ""
    log: str = ""
    written: bool = False
    ran: str = ""

"""The proof of one Dockerfile: all that the text, the JSON document and the writer read."""

from __future__ import annotations

from typing import Literal

from dfix.rewriter.measured.records import Took
from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.compare import Comparison, Difference
from dfix.rewriter.verify.engine import FailedStep
from dfix.rewriter.verify.varying import Twice
from dfix.rewriter.verify.vulnerabilities import Scan

Verdict = Literal[
    "proven", "broken", "unshown", "unbuilt", "unchanged", "new", "gone", "failed", "reproducible", "varies"
]
"""`unshown`: the command of both images fails, which proves nothing. `unbuilt`: the original doesn't build. `new` and
`gone`: another revision has no such Dockerfile; a new one builds. `failed`: it could not be tested. See `message`.
`reproducible` and `varies`: what two builds of the same file gave (`twice`)."""


_SHORT = 12


class Rebuild(NamedTuple):
    """A build: the steps that ran, how many came from the cache, and the median of the seconds."""

    ran: tuple[str, ...]
    cached: int
    seconds: float


class Measures(NamedTuple):
    """The measures of one version of the file; None where nothing was measured."""

    cold: Rebuild
    layers: int
    size: int
    """Bytes of layers, uncompressed."""
    unchanged: Rebuild | None = None
    source: Rebuild | None = None
    dependency: Rebuild | None = None
    pushed: int | None = None
    """Bytes of layers that must be pushed after an edit of a source."""
    took: tuple[tuple[str, Took], ...] = ()
    """What each step of the build without cache took, by its key in the record of measured steps."""


class Blame(NamedTuple):
    """A change that broke its contract."""

    change: Applied | None
    """None for a rewrite that someone else made."""
    differences: tuple[Difference, ...]
    """Empty if the file no longer builds."""
    message: str
    """Why the file no longer builds."""
    log: str = ""
    watched: tuple[Difference, ...] = ()
    """Files that a RUN reads or writes, and that the rewrite copies only after it."""
    failed: FailedStep | None = None
    """Where the build failed; None if it did not, or that is not known."""


class Compared(NamedTuple):
    """The two revisions of a repository that are compared."""

    base: str
    """The hash of the commit."""
    head: str
    """The same; "" for the working tree."""
    notes: tuple[str, ...]
    """What is worth knowing about them, in sentences."""

    @property
    def short(self) -> tuple[str, str]:
        """Both hashes as they are printed."""
        return self.base[:_SHORT], self.head[:_SHORT]


class WorkAgain(NamedTuple):
    """Which slow commands run again after the edit of one file, in one version and not in the other."""

    edited: str
    slower: tuple[str, ...]
    """They run again, and did not before."""
    faster: tuple[str, ...]
    """They stay cached, and did not before."""


class Sources(NamedTuple):
    """What a change of the build context does, apart from a change of the Dockerfile."""

    paths: tuple[str, ...]
    """The files of the build context that the build reads and that were added, deleted or changed."""
    comparison: Comparison | None = None
    """How the image of the original Dockerfile differs; None where nothing was built."""
    message: str = ""
    """Why that was not found out, as a sentence."""
    log: str = ""
    scan: Scan | None = None
    """What it did to the vulnerabilities; None where that was not asked."""
    failed: FailedStep | None = None
    """As in Blame."""


class Proof(NamedTuple):
    """The proof of one Dockerfile."""

    verdict: Verdict
    result: Result
    """What was to be proven."""
    settled: Result
    """`result` without the changes in `blamed`."""
    comparison: Comparison | None = None
    blamed: tuple[Blame, ...] = ()
    before: Measures | None = None
    after: Measures | None = None
    edited: tuple[str, str] = ("", "")
    """The context paths that were edited to measure rebuilds."""
    message: str = ""
    log: str = ""
    written: bool = False
    ran: str = ""
    """What running both images showed, if a change declares a different image."""
    work: tuple[WorkAgain, ...] = ()
    """What somebody else's rewrite makes of rebuilds, by the model."""
    sources: Sources | None = None
    """What the files of the build context did; None unless two revisions are compared."""
    was: str = ""
    """The path that the Dockerfile had at the other revision, if it was another one."""
    unseen: str = ""
    """Why dfix could not watch which files a moved RUN reads, as a phrase."""
    scan: Scan | None = None
    """What has become of the vulnerabilities; None where that was not asked, or there are no two images."""
    twice: Twice | None = None
    """What two builds of the same file gave; None unless that was asked for."""
    failed: FailedStep | None = None
    """As in Blame, for the build that `message` is about."""

    @property
    def shown_by_runs(self) -> bool:
        """Whether the images differ as declared, so that nothing speaks for the rewrite but what was run in both."""
        return self.verdict == "proven" and self.comparison is not None and bool(self.comparison.differences)

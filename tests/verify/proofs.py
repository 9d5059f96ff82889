"""Proofs made by hand for the tests of what is shown."""

from __future__ import annotations

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.verify.compare import Comparison, Difference, Origin
from dfix.rewriter.verify.engine import FailedStep
from dfix.rewriter.verify.proof import Blame, Measures, Proof, Rebuild
from tests.report.results import REFUSED, applied, result

SPLIT = applied(3, "split-manifests")
CLEAN = applied(7, "clean-up", contract="same-but-caches")
REWRITE: Result = result(b"FROM a\n", b"FROM b\n", SPLIT, CLEAN, path="app/Dockerfile", refusals=(REFUSED,))
CACHE = Difference("/var/lib/apt/lists/x", "is gone", -2_000_000, "presence")
LOG = Difference("/var/log/dpkg.log", "content differs (9 bytes, was 8)", 1)
USER = Difference("config User", 'is not set, was "node"', 0, "config", was=Origin(9, "USER node"))
FILE = Difference("/app/x", "is gone", -5, "presence")


def proven() -> Proof:
    before = Measures(
        cold=Rebuild(("[2/3] COPY . .", "[3/3] RUN npm ci"), 0, 12.34),
        layers=4,
        size=231_000_000,
        unchanged=Rebuild((), 2, 0.3),
        source=Rebuild(("[2/3] COPY . .", "[3/3] RUN npm ci"), 0, 9.0),
        dependency=Rebuild(("[2/3] COPY . .", "[3/3] RUN npm ci"), 0, 9.5),
        pushed=45_600_000,
    )
    after = Measures(
        cold=Rebuild(("[2/4] COPY package.json .", "[3/4] RUN npm ci", "[4/4] COPY . ."), 0, 12.0),
        layers=5,
        size=229_000_000,
        unchanged=Rebuild((), 3, 0.3),
        source=Rebuild(("[4/4] COPY . .",), 2, 0.5),
        dependency=Rebuild(("[2/4] COPY package.json .", "[3/4] RUN npm ci", "[4/4] COPY . ."), 0, 9.6),
        pushed=12_345,
    )
    seen = Comparison((), ((LOG, "a log"),), (CACHE,), -2_000_000)
    return Proof("proven", REWRITE, REWRITE, seen, (), before, after, ("src/a.js", "package.json"))


def broken() -> Proof:
    left = REWRITE._replace(changes=(CLEAN,))
    seen = Comparison((), (), (CACHE,), -2_000_000)
    return Proof("broken", REWRITE, left, seen, (Blame(SPLIT, (FILE, USER), ""),))


def broken_build() -> Proof:
    left = REWRITE._replace(changes=(SPLIT,))
    blame = Blame(CLEAN, (), "`RUN make`: exit code 2", "/tmp/kept.log", failed=FailedStep("after", 6))
    return Proof("broken", REWRITE, left, Comparison((), (), (), 0), (blame,))


def unbuilt() -> Proof:
    return Proof("unbuilt", REWRITE, REWRITE, message="`RUN false`: exit code 1", log="/tmp/kept.log")

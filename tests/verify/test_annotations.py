"""Proofs as GitHub's workflow commands: each at its line, and nothing of others is a command."""

from __future__ import annotations

import pytest

from dfix.rewriter.verify.annotations import annotated
from dfix.rewriter.verify.compare import Difference, Origin
from dfix.rewriter.verify.engine import FailedStep
from dfix.rewriter.verify.proof import Blame, Proof, WorkAgain
from tests.verify import proofs
from tests.verify.test_proof_markdown import HOSTILE, named


def test_what_is_well_has_none() -> None:
    assert annotated(proofs.proven()) == ""


def test_each_stands_at_the_line_that_did_it() -> None:
    gone = Difference("/app/x", "is gone", -5, "presence", was=Origin(3, "COPY . ."))
    moved = Difference(
        "/app/y", "mode 0644, was 0755", 0, "mode", was=Origin(3, "COPY . ."), now=Origin(5, "COPY y ./")
    )
    proof = Proof("broken", proofs.REWRITE, proofs.REWRITE, blamed=(Blame(None, (gone, moved), ""),))
    place = "title=dfix verify::not the same image, written on line 3 (COPY . .) before"
    assert annotated(proof).splitlines() == [
        f"::error file=app/Dockerfile,{place}, nowhere now: /app/x is gone",
        f"::error file=app/Dockerfile,line=5,{place}, on line 5 (COPY y ./) now: /app/y mode 0644, was 0755",
    ]
    failing = proof._replace(blamed=(Blame(None, (), "`RUN make`: exit code 2", failed=FailedStep("after", 7)),))
    assert annotated(failing).startswith(
        "::error file=app/Dockerfile,line=7,title=dfix verify::the file no longer builds: "
    )
    assert annotated(proofs.broken()).startswith(
        "::error file=app/Dockerfile,line=3,title=dfix verify::split-manifests is left out: "
    )
    unbuilt = "::error file=app/Dockerfile,title=dfix verify::nothing is shown: `RUN false`: exit code 1\n"
    assert annotated(proofs.unbuilt()) == unbuilt


def test_a_slower_rebuild_is_a_warning() -> None:
    proof = proofs.proven()._replace(work=(WorkAgain("src/a.js", ("npm ci", "a", "b", "c"), ()),))
    said = "slower rebuilds: an edit of src/a.js now re-runs `npm ci`, `a`, `b` and 1 more"
    assert annotated(proof) == f"::warning file=app/Dockerfile,title=dfix verify::{said}\n"


def test_there_are_never_many() -> None:
    rows = tuple(Difference(f"/{number}", "is gone", 1, was=Origin(number, "RUN x")) for number in range(1, 100))
    lines = annotated(Proof("broken", proofs.REWRITE, proofs.REWRITE, blamed=(Blame(None, rows, ""),))).splitlines()
    assert len(lines) == 9
    assert lines[-1].endswith("::91 more like these; the summary has them")


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_others_is_a_command(text: str) -> None:
    path = text.split("\n", maxsplit=1)[0].replace("/", "")
    for line in annotated(named(path, text)).splitlines():
        assert line.startswith("::error file=")
        place, _, message = line.removeprefix("::error ").partition("::")
        assert [part.partition("=")[0] for part in place.split(",")] in (["file", "title"], ["file", "line", "title"])
        assert "##[" not in line
        assert line.isprintable()
        assert message

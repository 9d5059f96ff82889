"""Proofs as GitHub's workflow commands: what is wrong stands at the line of the Dockerfile that did it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.github import command
from dfix.rewriter.verify.compare import Difference
from dfix.rewriter.verify.engine import FailedStep
from dfix.rewriter.verify.groups_of_differences import by_instruction, shortened
from dfix.rewriter.verify.proof import Blame, Proof
from dfix.rewriter.verify.twice_text import headline

_MOST = 8
"""Annotations of one Dockerfile; GitHub shows ten errors of a step."""
_MOST_PATHS = 3
_TITLE = "dfix verify"
_OPEN = {
    "unbuilt": "nothing is shown",
    "failed": "cannot be proven",
    "unshown": "not shown",
}


def annotated(proof: Proof) -> str:
    """The lines for one Dockerfile."""
    path = shown_name(proof.result.before.path)
    found = [command("error", path, line, _TITLE, text) for line, text in _errors(proof)]
    left = len(found) - _MOST
    if left > 0:
        found[_MOST:] = [command("error", path, 0, _TITLE, f"{left} more like these; the summary has them")]
    for work in proof.work:
        if work.slower:
            names = ", ".join(f"`{name}`" for name in work.slower[:_MOST_PATHS])
            more = f" and {len(work.slower) - _MOST_PATHS} more" if len(work.slower) > _MOST_PATHS else ""
            text = f"slower rebuilds: an edit of {work.edited} now re-runs {names}{more}"
            found.append(command("warning", path, 0, _TITLE, text))
    return "".join(found)


def _errors(proof: Proof) -> Iterator[tuple[int, str]]:
    """Line and text of everything that is wrong; line 0 where none of the new Dockerfile is to blame."""
    if proof.verdict in _OPEN:
        why = proof.message or "Dockerfile and sources changed together"
        yield _line(proof.failed), f"{_OPEN[proof.verdict]}: {why}"
    if proof.verdict == "varies" and proof.twice is not None:
        yield 0, headline(proof.twice)
    for blame in proof.blamed:
        yield from _of_blame(blame)


def _of_blame(blame: Blame) -> Iterator[tuple[int, str]]:
    line = blame.change.line if blame.change is not None else 0
    rule = f"{blame.change.rule} is left out: " if blame.change is not None else ""
    if blame.message:
        yield line or _line(blame.failed), f"{rule}the file no longer builds: {blame.message}"
    for heading, rows in (("", blame.differences), ("a RUN no longer gets the files that it uses", blame.watched)):
        yield from _of_paths(line, rule, heading, rows)


def _line(failed: FailedStep | None) -> int:
    return failed.line if failed is not None else 0


def _of_paths(line: int, rule: str, told: str, differences: Sequence[Difference]) -> Iterator[tuple[int, str]]:
    for group in by_instruction(differences):
        now = group.differences[0].now
        rows, left = shortened(group.differences, _MOST_PATHS)
        paths = "; ".join(rows) + (f"; and {left} more" if left else "")
        what = ", ".join(part for part in (told or "not the same image", group.heading) if part)
        yield line or (now.line if now is not None else 0), f"{rule}{what}: {paths}"

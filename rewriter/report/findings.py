"""What is to be said of one file, as messages for programs that have a place, a level and a text for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.terminal import PROMISES

Level = Literal["error", "warning", "notice"]
"""A file that cannot be handled, a change, and something that was left alone."""


class Finding(NamedTuple):
    """`line` is 1-based, in the file as it is; `rule` is "" where no rule speaks. `message` may hold any character."""

    level: Level
    line: int
    rule: str
    message: str


def findings(result: Result, *, explain: bool) -> Iterator[Finding]:
    """The problem of a file or its changes; with `explain` also what was left alone."""
    problem = result.problem
    if problem is not None:
        yield Finding("error", max(problem.line, 1), "", _joined(problem.message, problem.hint))
    for change in result.changes:
        yield Finding("warning", change.line, change.rule, f"{change.reason} ({PROMISES[change.contract]})")
    if not explain:
        return
    for refusal in result.refusals:
        message = f"left alone: {_joined(refusal.reason, refusal.hint)}"
        yield Finding("notice", refusal.line, refusal.rule, message)
    for note in result.notes:
        yield Finding("notice", max(note.line, 1), "", f"the file is left alone: {note.message}")


def _joined(message: str, hint: str) -> str:
    return f"{message}. {hint}" if hint else message

"""One file's result as findings, for formats that show a line, a level and a text for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.terminal import PROMISES
from dfix.rewriter.text.named_tuple import NamedTuple

Level = Literal["error", "warning", "notice"]
"""error: a file that could not be handled; warning: a change; notice: a place left alone."""


class Finding(NamedTuple):
    """One message about a line of a file."""

    level: Level
    line: int
    """1-based, in the original file."""
    rule: str
    """"" if the message is not from a rule."""
    message: str
    """May contain any character."""


def findings(result: Result, *, explain: bool) -> Iterator[Finding]:
    """The file's problem or its changes; with `explain` also what was left alone."""
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

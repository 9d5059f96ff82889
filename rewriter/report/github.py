"""GitHub's workflow commands: a warning for each change, an error for each problem."""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.report.diff import shown_name
from rewriter.result import Result


def warnings(result: Result) -> Iterator[str]:
    """The lines for one file (docs.github.com, "Workflow commands")."""
    path = _property(shown_name(result.before.path))
    if result.problem is not None:
        problem = result.problem
        message = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
        yield f"::error file={path},line={max(problem.line, 1)},title=dfix::{_data(message)}\n"
    for change in result.changes:
        title = _property(f"dfix {change.rule}")
        yield f"::warning file={path},line={change.line},title={title}::{_data(change.reason)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

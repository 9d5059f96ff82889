"""GitHub's workflow commands: warnings for changes, errors for problems, notices for what was left alone."""

from __future__ import annotations

from rewriter.report.diff import shown_name
from rewriter.report.output import visible
from rewriter.report.text import PROMISES
from rewriter.result import Result


def report(result: Result, *, explain: bool) -> str:
    """The lines for one file (docs.github.com, "Workflow commands")."""
    path = shown_name(result.before.path)
    lines = []
    if result.problem is not None:
        problem = result.problem
        lines.append(_line("error", path, problem.line, "dfix", _joined(problem.message, problem.hint)))
    for change in result.changes:
        message = f"{change.reason} ({PROMISES[change.contract]})"
        lines.append(_line("warning", path, change.line, f"dfix {change.rule}", message))
    if explain:
        for refusal in result.refusals:
            message = f"left alone: {_joined(refusal.reason, refusal.hint)}"
            lines.append(_line("notice", path, refusal.line, f"dfix {refusal.rule}", message))
        for note in result.notes:
            lines.append(_line("notice", path, note.line, "dfix", f"the file is left alone: {note.message}"))
    return "".join(lines)


def _joined(message: str, hint: str) -> str:
    return f"{message}. {hint}" if hint else message


def _line(kind: str, path: str, line: int, title: str, message: str) -> str:
    place = f"file={_property(path)},line={max(line, 1)},title={_property(title)}"
    return f"::{kind} {place}::{_data(visible(message))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

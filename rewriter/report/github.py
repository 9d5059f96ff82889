"""GitHub's workflow commands: warnings for changes, errors for problems, notices for what was left alone."""

from __future__ import annotations

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.findings import Level, findings
from dfix.rewriter.report.output import visible


def report(result: Result, *, explain: bool) -> str:
    """The lines for one file (docs.github.com, "Workflow commands")."""
    path = shown_name(result.before.path)
    lines = []
    for found in findings(result, explain=explain):
        title = f"dfix {found.rule}" if found.rule else "dfix"
        lines.append(command(found.level, path, found.line, title, found.message))
    return "".join(lines)


def command(level: Level, path: str, line: int, title: str, message: str) -> str:
    """One command; line 0 stands for the whole file."""
    place = f"file={_property(visible(path))}" + (f",line={line}" if line else "") + f",title={_property(title)}"
    return f"::{level} {place}::{_data(visible(message))}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

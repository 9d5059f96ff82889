"""GitHub's workflow commands: warnings for changes, errors for problems, notices for what was left alone."""

from __future__ import annotations

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.findings import findings
from dfix.rewriter.report.output import visible


def report(result: Result, *, explain: bool) -> str:
    """The lines for one file (docs.github.com, "Workflow commands")."""
    path = visible(shown_name(result.before.path))
    lines = []
    for found in findings(result, explain=explain):
        title = f"dfix {found.rule}" if found.rule else "dfix"
        place = f"file={_property(path)},line={found.line},title={_property(title)}"
        lines.append(f"::{found.level} {place}::{_data(visible(found.message))}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")

"""Diagnostics: possible changes, and why a document could not be read."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from lsprotocol import types

from dfix.rewriter.pipeline.result import Applied, Refused
from dfix.rewriter.report.output import valid
from dfix.rewriter.report.terminal import PROMISES
from dfix.rewriter.server.analysis import Analysis
from dfix.rewriter.server.workspace_edits import range_of
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Span

SOURCE = "dfix"
_PAGES = Path(__file__).resolve().parents[2] / "docs" / "rules"
"""The rules' pages, in a wheel and in a checkout."""


def diagnostics(analysis: Analysis, *, explain: bool) -> list[types.Diagnostic]:
    """One for each change, and with `explain` a hint for each place that was left alone."""
    result = analysis.found
    if result.problem is not None:
        return [of_problem(analysis, result.problem)]
    found = [of_change(analysis, change) for change in result.changes]
    for warning in (*result.warnings, *result.unexplained):
        found.append(_made(analysis, warning.line, warning.message, types.DiagnosticSeverity.Warning))
    if explain:
        found += [_refusal(analysis, refusal) for refusal in result.refusals]
        for note in result.notes:
            message = f"the file is left alone: {note.message}"
            found.append(_made(analysis, note.line, message, types.DiagnosticSeverity.Hint))
    return found


def line_span(analysis: Analysis, line: int) -> Span:
    """The span of a 1-based line without surrounding blanks; an empty one for a missing line."""
    text = analysis.source.text
    start = 0
    for _ in range(line - 1):
        start = text.find("\n", start) + 1
        if not start:
            return Span(len(text), len(text))
    end = text.find("\n", start)
    content = text[start : end if end >= 0 else len(text)]
    blank = len(content) - len(content.lstrip())
    return Span(start + blank, max(start + blank, start + len(content.rstrip())))


@cache
def page(rule: str) -> str | None:
    """The URI of a rule's installed page, None if there is none."""
    path = _PAGES / f"{rule}.md"
    return path.as_uri() if os.path.isfile(path) else None


def described(change: Applied) -> str:
    """A change's reason and promise."""
    return valid(f"{change.reason} ({PROMISES[change.contract]})")


def left_alone(refusal: Refused) -> str:
    """A refusal's reason and hint."""
    said = f"left alone: {refusal.reason}"
    return valid(f"{said}. {refusal.hint}" if refusal.hint else said)


def of_change(analysis: Analysis, change: Applied) -> types.Diagnostic:
    """The diagnostic of a possible change."""
    return _made(analysis, change.line, described(change), types.DiagnosticSeverity.Warning, change.rule)


def _refusal(analysis: Analysis, refusal: Refused) -> types.Diagnostic:
    return _made(analysis, refusal.line, left_alone(refusal), types.DiagnosticSeverity.Hint, refusal.rule)


def of_problem(analysis: Analysis, problem: Problem) -> types.Diagnostic:
    """The diagnostic of a document that is not analysed."""
    message = valid(f"{problem.message}. {problem.hint}" if problem.hint else problem.message)
    if problem.path != analysis.source.path:  # the problem of a settings file
        message = valid(f"{problem.path}: {message}")
        return _made(analysis, 1, message, types.DiagnosticSeverity.Error)
    return _made(analysis, max(problem.line, 1), message, types.DiagnosticSeverity.Error)


def _made(
    analysis: Analysis, line: int, message: str, severity: types.DiagnosticSeverity, rule: str = ""
) -> types.Diagnostic:
    address = page(rule) if rule else None
    return types.Diagnostic(
        range=range_of(analysis, line_span(analysis, line)),
        message=message,
        severity=severity,
        source=SOURCE,
        code=rule or None,
        code_description=types.CodeDescription(address) if address is not None else None,
    )

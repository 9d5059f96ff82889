"""The report as JSON, following docs/schema/dfix-report-2.json."""

from __future__ import annotations

from typing import Any

from dfix.rewriter.pipeline.result import Applied, Note, Refused, Result
from dfix.rewriter.report.diff import git_diff, shown_name
from dfix.rewriter.report.hunks import hunks
from dfix.rewriter.report.long_document import LongDocument
from dfix.rewriter.report.output import valid

VERSION = 2


def report(*, written: bool) -> LongDocument:
    """One document for all files; `written`: changed files were written."""
    return LongDocument(lambda files: {"version": VERSION, "files": files}, lambda result: (_file(result, written),))


def _file(result: Result, written: bool) -> dict[str, Any]:
    problem = result.problem
    return {
        "path": valid(shown_name(result.before.path)),
        "changed": result.changed,
        "written": result.changed and written,
        "changes": [_change(change) for change in result.changes],
        "refusals": [_refusal(refusal) for refusal in result.refusals],
        "notes": [{"line": note.line, "message": valid(note.message)} for note in result.notes],
        "warnings": [{"line": warning.line, "message": valid(warning.message)} for warning in _warnings(result)],
        "problem": problem and {"line": problem.line, "message": valid(problem.message), "hint": valid(problem.hint)},
        "edits": _edits(result),
        "diff": valid(git_diff(result)),
        "ignore_file": _ignore_file(result),
        "context": _context(result),
    }


def _warnings(result: Result) -> list[Note]:
    return sorted((*result.warnings, *result.unexplained))


def _context(result: Result) -> dict[str, Any] | None:
    used = result.context
    if used is None:
        return None
    return {"folder": valid(shown_name(used.folder)) if used.folder else None, "why": valid(used.why)}


def _ignore_file(result: Result) -> dict[str, Any] | None:
    ignore = result.ignore_file
    if ignore is None:
        return None
    return {"path": valid(shown_name(ignore.before.path)), "new": ignore.new, "text": valid(ignore.after.text)}


def _change(change: Applied) -> dict[str, Any]:
    return {
        "rule": change.rule,
        "line": change.line,
        "line_after": change.line_after,
        "reason": valid(change.reason),
        "contract": change.contract,
    }


def _refusal(refusal: Refused) -> dict[str, Any]:
    return {
        "rule": refusal.rule,
        "line": refusal.line,
        "line_after": refusal.line_after,
        "code": refusal.code,
        "reason": valid(refusal.reason),
        "hint": valid(refusal.hint),
    }


def _edits(result: Result) -> list[dict[str, Any]] | None:
    """Replacements by line of the original file; None if JSON cannot represent the file without loss."""
    texts = (result.before.text, result.after.text)
    if any(valid(text) != text for text in texts):
        return None
    return [{"line": hunk.line, "lines": len(hunk.old), "text": "".join(hunk.new)} for hunk in hunks(result)]

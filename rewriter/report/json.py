"""The report as JSON, in the form of docs/schema/dfix-report-1.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from rewriter.report.diff import shown_name, unified
from rewriter.result import Result

VERSION = 1


def report(results: Iterable[Result]) -> str:
    """One JSON document for all files."""
    document = {"version": VERSION, "files": [_file(result) for result in results]}
    return json.dumps(document, indent=2, ensure_ascii=True) + "\n"


def _file(result: Result) -> dict[str, Any]:
    problem = result.problem
    return {
        "path": _clean(shown_name(result.before.path)),
        "changed": result.changed,
        "diff": _clean(unified(result.before, result.after)),
        "changes": [
            {
                "rule": c.rule,
                "line": c.line,
                "line_after": c.line_after,
                "reason": _clean(c.reason),
                "contract": c.contract,
            }
            for c in result.changes
        ],
        "refusals": [
            {
                "rule": r.rule,
                "line": r.line,
                "line_after": r.line_after,
                "code": r.code,
                "reason": _clean(r.reason),
                "hint": _clean(r.hint),
            }
            for r in result.refusals
        ],
        "notes": [{"line": note.line, "message": _clean(note.message)} for note in result.notes],
        "problem": None
        if problem is None
        else {"line": problem.line, "message": _clean(problem.message), "hint": _clean(problem.hint)},
    }


def _clean(text: str) -> str:
    """Bytes that are not UTF-8 have no place in JSON; they are shown as U+FFFD."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

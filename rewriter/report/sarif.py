"""SARIF 2.1.0 for code scanning, with the file's changes as a fix."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable
from typing import Any

from rewriter.registry import rules
from rewriter.report.diff import shown_name
from rewriter.result import Applied, Result

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_HOME = "https://github.com/dfix/dfix"


def report(results: Iterable[Result]) -> str:
    """One SARIF log for all files."""
    infos = rules()
    index = {info.name: number for number, info in enumerate(infos)}
    found: list[dict[str, Any]] = []
    notifications: list[dict[str, Any]] = []
    for result in results:
        if result.problem is not None:
            place = _location(result, max(result.problem.line, 1))
            notifications.append({"level": "error", "message": {"text": result.problem.message}, "locations": [place]})
        for change in result.changes:
            found.append(_result(result, change, index))
    driver = {
        "name": "dfix",
        "informationUri": _HOME,
        "rules": [{"id": info.name, "shortDescription": {"text": info.summary}} for info in infos],
    }
    run: dict[str, Any] = {"tool": {"driver": driver}, "results": found, "columnKind": "unicodeCodePoints"}
    run["invocations"] = [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}]
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _location(result: Result, line: int) -> dict[str, Any]:
    path = shown_name(result.before.path)
    return {"physicalLocation": {"artifactLocation": {"uri": path}, "region": {"startLine": line}}}


def _result(result: Result, change: Applied, index: dict[str, int]) -> dict[str, Any]:
    artifact = {
        "artifactLocation": {"uri": shown_name(result.before.path)},
        "replacements": list(_replacements(result)),
    }
    return {
        "ruleId": change.rule,
        "ruleIndex": index[change.rule],
        "level": "warning",
        "message": {"text": change.reason},
        "locations": [_location(result, change.line)],
        "fixes": [{"description": {"text": "all changes of dfix to this file"}, "artifactChanges": [artifact]}],
    }


def _replacements(result: Result) -> Iterable[dict[str, Any]]:
    """Whole lines that differ, in the lines of the file as it is."""
    before = result.before.text.splitlines(keepends=True)
    after = result.after.text.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            region = {"startLine": start + 1, "startColumn": 1, "endLine": end + 1, "endColumn": 1}
            yield {"deletedRegion": region, "insertedContent": {"text": "".join(after[new_start:new_end])}}

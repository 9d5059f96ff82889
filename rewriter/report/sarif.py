"""SARIF 2.1.0 for code scanning, with the file's changes as a fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from dfix.rewriter.pipeline.registry import RuleInfo, rules
from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.hunks import Hunk, hunks
from dfix.rewriter.report.long_document import LongDocument
from dfix.rewriter.report.output import valid
from dfix.rewriter.report.terminal import PROMISES
from dfix.rewriter.report.version import version
from dfix.rewriter.text.problem import Problem

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def report(*, with_plugins: bool = True) -> LongDocument:
    """One log for all files. It lists the rules, with those of plug-ins if `with_plugins`."""
    infos = rules(with_plugins=with_plugins)
    index = {info.name: number for number, info in enumerate(infos)}
    notifications: list[dict[str, Any]] = []

    def items(result: Result) -> Iterator[dict[str, Any]]:
        if result.problem is not None:
            notifications.append(_notification(result.problem))
        fixes = _fixes(result)
        for change in result.changes:
            yield _result(result, change, index[change.rule], fixes)

    return LongDocument(lambda found: _log(infos, found, notifications), items)


def _log(infos: Sequence[RuleInfo], found: list[str], notifications: list[dict[str, Any]]) -> dict[str, Any]:
    """The log around its results. What could not be handled comes after them, because it is known only then."""
    driver: dict[str, Any] = {
        "name": "dfix",
        "rules": [
            {
                "id": info.name,
                "shortDescription": {"text": info.summary},
                "fullDescription": {"text": info.doc.strip().partition("\n\n")[0]},
                "help": {"text": info.doc.strip(), "markdown": info.doc.strip()},
            }
            for info in infos
        ],
    }
    number = version()
    if number:
        driver["semanticVersion"] = number
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": found,
        "invocations": [{"executionSuccessful": not notifications, "toolExecutionNotifications": notifications}],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _notification(problem: Problem) -> dict[str, Any]:
    message = f"{problem.message}. {problem.hint}" if problem.hint else problem.message
    return {
        "level": "error",
        "message": {"text": valid(message)},
        "locations": [_location(problem.path, max(problem.line, 1))],
    }


def _artifact(path: str) -> dict[str, str]:
    from urllib.parse import quote

    return {"uri": quote(shown_name(path).encode("utf-8", "surrogateescape"), safe="/")}


def _location(path: str, line: int) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(path), "region": {"startLine": line}}}


def _result(result: Result, change: Applied, index: int, fixes: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "ruleId": change.rule,
        "ruleIndex": index,
        "level": "warning",
        "message": {"text": valid(f"{change.reason} ({PROMISES[change.contract]})")},
        "locations": [_location(result.before.path, change.line)],
        "fixes": fixes,
    }


def _fixes(result: Result) -> list[dict[str, Any]]:
    """One fix with all changes to the file, which may depend on each other; none if it would lose bytes.

    Also none when a change needs lines in the ignore file, which may be missing.
    """
    if result.after.text == result.before.text or result.ignore_file is not None:
        return []
    if valid(result.after.text) != result.after.text:
        return []
    replacements = list(_replacements(hunks(result)))
    change = {"artifactLocation": _artifact(result.before.path), "replacements": replacements}
    return [{"description": {"text": "All of dfix's changes to this file"}, "artifactChanges": [change]}]


def _replacements(places: list[Hunk]) -> Iterator[dict[str, Any]]:
    for hunk in places:
        region = {"startLine": hunk.line, "startColumn": 1, "endLine": hunk.line + len(hunk.old), "endColumn": 1}
        if hunk.old and not hunk.old[-1].endswith("\n"):  # the file's last line, so there is no next line
            region.update(endLine=hunk.line + len(hunk.old) - 1, endColumn=len(hunk.old[-1]) + 1)
        yield {"deletedRegion": region, "insertedContent": {"text": "".join(hunk.new)}}

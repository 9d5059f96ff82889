"""GitLab's code quality report (docs.gitlab.com, "Code Quality", "Code Quality report format")."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.findings import findings
from dfix.rewriter.report.hunks import lines_of
from dfix.rewriter.report.long_document import LongDocument
from dfix.rewriter.report.output import valid, visible

_SEVERITIES = {"error": "major", "warning": "minor", "notice": "info"}


def report(*, explain: bool) -> LongDocument:
    """One list for all files."""
    return LongDocument(lambda items: items, lambda result: _items(result, explain))


def _items(result: Result, explain: bool) -> Iterator[dict[str, Any]]:
    """GitLab recognises old findings by fingerprint, so it must not change when other lines of the file do."""
    path = valid(shown_name(result.before.path))
    lines = lines_of(result.before.text)
    seen: dict[str, int] = {}
    for found in findings(result, explain=explain):
        name = found.rule or "dfix"
        text = lines[found.line - 1].strip() if found.line <= len(lines) else ""
        key = "\0".join((path, found.level, name, text))
        count = seen[key] = seen.get(key, 0) + 1
        yield {
            "description": visible(found.message),
            "check_name": name,
            "fingerprint": _digest(f"{key}\0{count}"),
            "severity": _SEVERITIES[found.level],
            "location": {"path": path, "lines": {"begin": found.line}},
        }


def _digest(text: str) -> str:
    from hashlib import sha256

    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()

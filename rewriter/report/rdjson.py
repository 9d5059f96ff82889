"""The Reviewdog Diagnostic Format (`rdjson`), with the file's changes as a suggestion.

Lines and columns count from 1, columns in UTF-8 bytes including a byte order mark; the end of a range is exclusive.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.findings import findings
from dfix.rewriter.report.hunks import hunks, lines_of
from dfix.rewriter.report.long_document import LongDocument
from dfix.rewriter.report.output import valid, visible
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import BOM, Source

_SEVERITIES = {"error": "ERROR", "warning": "WARNING", "notice": "INFO"}


def report(*, explain: bool) -> LongDocument:
    """One document for all files."""
    return LongDocument(
        lambda items: {"source": {"name": "dfix"}, "diagnostics": items}, lambda result: _diagnostics(result, explain)
    )


def _diagnostics(result: Result, explain: bool) -> Iterator[dict[str, Any]]:
    """Changes may depend on each other, so all changes of a file are one suggestion.

    It is attached to the first change, which gets the suggestion's range, as reviewdog requires.
    """
    path = valid(shown_name(result.before.path))
    suggestion = _suggestion(result)
    for found in findings(result, explain=explain):
        message = visible(found.message)
        place: dict[str, Any] = {"start": {"line": found.line}}
        item: dict[str, Any] = {"message": message, "location": {"path": path, "range": place}}
        item["severity"] = _SEVERITIES[found.level]
        if found.rule:
            item["code"] = {"value": found.rule}
        if suggestion is not None and found.level == "warning":
            item["location"]["range"] = suggestion["range"]
            item["suggestions"] = [suggestion]
            if len(result.changes) > 1:
                item["message"] += f". The suggestion applies all {len(result.changes)} changes to this file"
            suggestion = None
        yield item


class _Place(NamedTuple):
    """Lines `first` to `end` of the file (0-based, end exclusive) and their replacement; neither text is empty."""

    first: int
    end: int
    text: str


def _suggestion(result: Result) -> dict[str, Any] | None:
    """One replacement from the first changed line to the last; None if it would lose bytes.

    Also None when a change needs lines in the ignore file, which may be missing.
    """
    before, after = result.before, result.after
    if after.text == before.text or result.ignore_file is not None or valid(after.text) != after.text:
        return None
    lines = lines_of(before.text)
    place = _place(result, lines)
    old = "".join(lines[place.first : place.end])
    new = place.text
    end = next((end for end in ("\r\n", "\n") if old.endswith(end) and new.endswith(end)), "")
    old, new = old.removesuffix(end), new.removesuffix(end)
    start = _position(before, place.first + 1, "")
    return {"range": {"start": start, "end": _position(before, place.first + 1, old)}, "text": new}


def _place(result: Result, lines: list[str]) -> _Place:
    """The changed lines, plus a neighbouring line for a pure insertion or deletion: review comments need a line."""
    places = hunks(result)
    first, last = places[0].line - 1, places[-1]
    end = last.line - 1 + len(last.old)
    after = lines_of(result.after.text)
    text = "".join(after[places[0].line_after - 1 : last.line_after - 1 + len(last.new)])
    if first == end or not text:
        if end < len(lines):
            return _Place(first, end + 1, text + lines[end])
        if first:
            return _Place(first - 1, end, lines[first - 1] + text)
    return _Place(first, end, text)


def _position(source: Source, line: int, text: str) -> dict[str, int]:
    """The position where `text` ends if it starts at the beginning of `line`."""
    line += text.count("\n")
    column = len(text.rpartition("\n")[2].encode("utf-8", "surrogateescape")) + 1
    return {"line": line, "column": column + (len(BOM) if source.bom and line == 1 else 0)}

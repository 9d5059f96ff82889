"""Bases as JSON, following docs/schema/dfix-bases-1.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dfix.rewriter.bases.image_row import BaseRow
from dfix.rewriter.bases.image_use import BaseUse
from dfix.rewriter.bases.old_data import OldData
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import bounded, valid
from dfix.rewriter.text.problem import Problem

VERSION = 1


def bases_document(rows: Sequence[BaseRow], problems: Sequence[Problem], old: OldData | None, today: str) -> str:
    """One document for all files."""
    document = {
        "version": VERSION,
        "day": today,
        "bases": [_row(row, today) for row in rows],
        "old_data": None if old is None else {"products": list(old.products), "days": old.days},
        "problems": [problem_value(problem) for problem in problems],
    }
    return json.dumps(document, indent=2) + "\n"


def problem_value(problem: Problem) -> dict[str, Any]:
    """A file that could not be read, or what else went wrong."""
    return {
        "path": valid(shown_name(problem.path)),
        "line": problem.line or None,
        "message": valid(f"{problem.message}. {problem.hint}".rstrip(". ")),
    }


def _row(row: BaseRow, today: str) -> dict[str, Any]:
    ended = row.ended(today)
    deprecated = row.deprecated
    return {
        "kind": row.kind,
        "image": _value(row.name),
        "tag": row.tag or None,
        "digest": row.digest or None,
        "files": row.files,
        "unpinned": row.unpinned or None,
        "other_tags": list(row.other_tags),
        "end_of_life": [
            {
                "product": ending.product,
                "release": ending.release,
                "last_day": ending.last_day,
                "earlier": ending.earlier,
                "ended": ending in ended,
                "source": ending.source,
                "read": ending.read,
            }
            for ending in row.endings
        ],
        "deprecated": None
        if deprecated is None
        else {"since": deprecated.since or None, "instead": list(deprecated.instead), "source": deprecated.source},
        "uses": [_use(use) for use in row.uses],
    }


def _use(use: BaseUse) -> dict[str, Any]:
    return {
        "path": valid(shown_name(use.path)),
        "line": use.line,
        "stage": _value(use.stage),
        "ships": use.ships,
        "instruction": use.instruction,
        "written": _value(use.written),
        "arguments": {_value(name): _value(value) for name, value in use.arguments},
        "unknown": _value(use.why) or None,
    }


def _value(text: str) -> str:
    """A text of the file; each place may have a long one, and a document has all places."""
    return bounded(valid(text))

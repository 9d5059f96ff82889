"""New names of images as JSON, following docs/schema/dfix-bases-changes-1.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from dfix.rewriter.bases.bases_json import problem_value
from dfix.rewriter.bases.renamed import LeftImage, NewName, Renamed
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import valid
from dfix.rewriter.text.problem import Problem

VERSION = 1


def changes_document(
    results: Sequence[Renamed], left: Sequence[LeftImage], problems: Sequence[Problem], *, written: bool
) -> str:
    """One document for all files."""
    document = {
        "version": VERSION,
        "written": written,
        "changes": [_change(change) for result in results for change in result.changes],
        "left": [_left(one) for one in left],
        "problems": [problem_value(problem) for problem in problems],
    }
    return json.dumps(document, indent=2) + "\n"


def _change(change: NewName) -> dict[str, Any]:
    before = change.use.reference
    return {
        "path": valid(shown_name(change.use.path)),
        "line": change.use.line,
        "before": valid(before.text if before is not None else change.use.written),
        "after": valid(change.reference.text),
    }


def _left(one: LeftImage) -> dict[str, Any]:
    return {
        "path": valid(shown_name(one.use.path)),
        "line": one.use.line,
        "image": valid(one.image),
        "message": valid(f"{one.said}. {one.hint}".rstrip(". ")),
        "registry": one.fault,
    }

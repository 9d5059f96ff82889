"""What several Dockerfiles share as JSON, following docs/schema/dfix-common-base-1.json."""

from __future__ import annotations

import json
from typing import Any

from dfix.rewriter.common_base.shared_beginnings import Near, SharedBeginning
from dfix.rewriter.common_base.survey import Survey
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import valid

VERSION = 1


def document(found: Survey) -> str:
    """One document for all files; sizes in bytes."""
    made = {
        "version": VERSION,
        "files": found.files,
        "groups": [_group(group) for group in found.groups],
        "near": [_near(one) for one in found.near],
        "left_out": [{"path": valid(shown_name(one.path)), "why": valid(one.why)} for one in found.left_out],
        "problems": [
            {"path": valid(shown_name(one.path)), "problem": valid(f"{one.message}. {one.hint}".rstrip(". "))}
            for one in found.problems
        ],
        "why": found.why or None,
    }
    return json.dumps(made, indent=2) + "\n"


def _group(group: SharedBeginning) -> dict[str, Any]:
    return {
        "image": valid(group.base.image),
        "platform": valid(group.base.platform) or None,
        "steps": [
            {"text": valid(step.shown), "slow": step.slow, "settings": [valid(one) for one in step.along]}
            for step in group.steps
        ],
        "members": [
            {
                "path": valid(shown_name(member.path)),
                "stage": valid(member.stage),
                "lines": [step.line for step in group.of(member)],
                "moves": any(step.moves for step in group.of(member)),
            }
            for member in group.members
        ],
        "saves": {"slow_steps": group.saved_runs, "seconds": group.seconds, "bytes": group.size},
        "shared_today": group.shared_today,
    }


def _near(one: Near) -> dict[str, Any]:
    return {
        "image": valid(one.image),
        "text": valid(one.shown),
        "files": one.files,
        "places": [
            {"path": valid(shown_name(place.path)), "line": place.line, "reason": valid(place.reason)}
            for place in one.places
        ],
    }

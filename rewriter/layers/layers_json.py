"""Layers as JSON, following docs/schema/dfix-layers-1.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dfix.rewriter.layers.layer import LayerRow, one_line
from dfix.rewriter.layers.past import Past
from dfix.rewriter.layers.since import Since
from dfix.rewriter.layers.view import View
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import valid

VERSION = 1


def document(views: Iterable[View]) -> str:
    """One document for all files; sizes in bytes."""
    return json.dumps({"version": VERSION, "files": [_file(view) for view in views]}, indent=2) + "\n"


def _file(view: View) -> dict[str, Any]:
    problem = view.problem
    return {
        "path": valid(shown_name(view.path)),
        "problem": None if problem is None else valid(f"{problem.message}. {problem.hint}".rstrip(". ")),
        "context": valid(shown_name(view.context)) if view.context else "",
        "files": view.files,
        "layers": [_layer(layer) for layer in view.layers],
        "history": _past(view.past) if view.past is not None else None,
        "since": _since(view.since) if view.since is not None else None,
    }


def _layer(layer: LayerRow) -> dict[str, Any]:
    return {
        "line": layer.line,
        "text": valid(layer.text),
        "stage": valid(layer.stage),
        "ships": layer.ships,
        "step": layer.step,
        "cost": layer.cost,
        "measured": {"seconds": layer.took.seconds, "bytes": layer.took.size} if layer.took is not None else None,
        "reads": {"files": layer.reads, "bytes": layer.size},
        "reruns": {
            "files": layer.files,
            "lines": list(layer.lines),
            "arguments": [valid(name) for name in layer.arguments],
        },
    }


def _past(past: Past) -> dict[str, Any]:
    return {
        "builds": past.builds,
        "touching": past.touching,
        "changed": past.changed,
        "notes": [valid(note) for note in past.notes],
        "commands": [
            {
                "command": valid(command.command),
                "line": command.line,
                "installs": command.installs,
                "before": command.before,
                "after": command.after,
                "gains_little": command.gains_little,
                "saved_seconds": command.saved,
                "most": {"path": valid(command.most), "builds": command.most_times} if command.most else None,
            }
            for command in past.commands
        ],
    }


def _since(since: Since) -> dict[str, Any]:
    return {
        "ref": valid(since.ref),
        "paths": [valid(path) for path in since.paths],
        "instructions_edited": since.dockerfile,
        "steps": [
            {
                "line": again.line,
                "text": valid(one_line(again.step.instruction)),
                "cause": again.cause.kind,
                "cause_line": again.cause.other.instruction.line if again.cause.other is not None else None,
                "certain": again.cause.certain,
                "paths": [valid(path) for path in again.paths],
            }
            for again in since.steps
        ],
    }

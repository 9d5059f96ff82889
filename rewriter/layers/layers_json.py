"""Layers as JSON, following docs/schema/dfix-layers-1.json."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from dfix.rewriter.layers.layer import LayerRow
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
    }


def _layer(layer: LayerRow) -> dict[str, Any]:
    return {
        "line": layer.line,
        "text": valid(layer.text),
        "stage": valid(layer.stage),
        "ships": layer.ships,
        "step": layer.step,
        "cost": layer.cost,
        "reads": {"files": layer.reads, "bytes": layer.size},
        "reruns": {"files": layer.files, "arguments": [valid(name) for name in layer.arguments]},
    }

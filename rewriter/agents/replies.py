"""The answers of the tools that only read. They are made in a process of their own (`analysing.py`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from dfix.rewriter.agents.named_dockerfile import located, options, said, source
from dfix.rewriter.agents.tools import BadArgumentError
from dfix.rewriter.agents.trimming import trimmed
from dfix.rewriter.layers.opened import opened_text
from dfix.rewriter.layers.view import view
from dfix.rewriter.pipeline.job import rewrite
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.diff import git_diff
from dfix.rewriter.report.pages import page_of, promise, unknown
from dfix.rewriter.report.terminal import PROMISES
from dfix.rewriter.text.problem import Problem


def reply(tool: str, given: dict[str, Any], root: str) -> dict[str, Any]:
    """The answer to a call whose arguments were checked. Raises BadArgumentError."""
    return trimmed(_ANSWERS[tool](given, root))


def _explain(given: dict[str, Any], root: str) -> dict[str, Any]:
    result = _result(given, root)
    used = result.context
    return {
        "path": _name(result.before.path, root),
        "changes": _changes(result),
        "refusals": [
            {"rule": no.rule, "line": no.line, "code": no.code, "reason": no.reason, "hint": no.hint}
            for no in result.refusals
        ],
        "warnings": [{"line": warning.line, "message": warning.message} for warning in result.warnings],
        "context": "" if used is None else f"{_name(used.folder, root) if used.folder else 'none'} ({used.why})",
    }


def _propose(given: dict[str, Any], root: str) -> dict[str, Any]:
    result = _result(given, root)
    return {
        "path": _name(result.before.path, root),
        "changed": result.changed,
        "changes": _changes(result),
        "diff": git_diff(result),
    }


def _layers(given: dict[str, Any], root: str) -> dict[str, Any]:
    path = located(given["path"], root)
    terms = options(path, root, None, unsafe=False)
    found = opened_text(source(path, given.get("text"), terms.root), terms)
    if isinstance(found, Problem):
        raise BadArgumentError(said(found))
    shown = view(found, None, 0, None)
    return {
        "path": _name(path, root),
        "context_files": shown.files,
        "layers": [
            {
                "line": layer.line,
                "instruction": layer.text,
                "stage": layer.stage,
                "ships": layer.ships,
                "cost": layer.cost,
                "rerun_by_files": layer.files,
                "rerun_by_arguments": [*layer.arguments],
            }
            for layer in shown.layers
        ],
    }


def _rules(given: dict[str, Any], root: str) -> dict[str, Any]:
    from dfix.rewriter.pipeline.registry import rules

    name = given.get("name")
    if not name:
        listed = [
            {"name": rule.name, "summary": rule.summary, "promise": promise(rule), "by_name_only": rule.opt_in}
            for rule in rules()
        ]
        return {"rules": listed, "page": ""}
    found = page_of(name)
    if not found:
        raise BadArgumentError(unknown(name))
    return {"rules": [], "page": found}


_ANSWERS: dict[str, Callable[[dict[str, Any], str], dict[str, Any]]] = {
    "explain": _explain,
    "propose": _propose,
    "layers": _layers,
    "rules": _rules,
}


def _result(given: dict[str, Any], root: str) -> Result:
    path = located(given["path"], root)
    terms = options(path, root, given.get("select"), unsafe=given.get("unsafe", False))
    result = rewrite(source(path, given.get("text"), terms.root), terms).result
    if result.problem is not None:
        raise BadArgumentError(said(result.problem))
    return result


def _changes(result: Result) -> list[dict[str, Any]]:
    return [
        {"rule": change.rule, "line": change.line, "reason": change.reason, "promise": PROMISES[change.contract]}
        for change in result.changes
    ]


def _name(path: str, root: str) -> str:
    return os.path.relpath(path, root)

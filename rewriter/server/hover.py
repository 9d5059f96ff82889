"""Hover text for the instruction under the pointer."""

from __future__ import annotations

from lsprotocol import types

from dfix.rewriter.pipeline.registry import rules
from dfix.rewriter.report.output import valid
from dfix.rewriter.report.terminal import PROMISES
from dfix.rewriter.server.analysis import Analysis
from dfix.rewriter.server.diagnostics import page
from dfix.rewriter.server.workspace_edits import lines_in, range_of


def hover(analysis: Analysis, position: types.Position) -> types.Hover | None:
    """Which rules change the instruction on a line or leave it alone, and why; None for no rule."""
    instruction = analysis.instruction_at(lines_in(analysis, types.Range(position, position)).start)
    if instruction is None or analysis.found.problem is not None:
        return None
    lines = range(instruction.line, instruction.end_line + 1)
    parts = []
    for change in (*analysis.found.changes, *analysis.unsafe):
        if change.line in lines:
            parts.append(f"{_rule(change.rule)}\n\n{_text(change.reason)} ({PROMISES[change.contract]}).")
    for refusal in analysis.found.refusals:
        if refusal.line in lines:
            hint = f" {_text(refusal.hint)}." if refusal.hint else ""
            parts.append(f"{_rule(refusal.rule)}\n\nLeft alone: {_text(refusal.reason)}.{hint}")
    if not parts:
        return None
    content = types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts))
    return types.Hover(content, range_of(analysis, instruction.span))


def _rule(name: str) -> str:
    address = page(name)
    title = f"[{name}]({address})" if address else name
    summary = next((info.summary for info in rules() if info.name == name), "")
    return f"**{title}**: {summary}"


def _text(text: str) -> str:
    """Escape a sentence for Markdown, so that text from a Dockerfile can't become a link or an image."""
    text = valid(text).rstrip(".")
    return "".join(f"\\{char}" if char in "[]<>*_!#|" else char for char in text)

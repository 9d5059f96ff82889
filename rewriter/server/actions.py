"""Code actions: apply one change, ignore a place, or apply everything that a save applies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from lsprotocol import types

from dfix.rewriter.pipeline.ignore_comments import ignore_edits
from dfix.rewriter.pipeline.result import Applied, Refused
from dfix.rewriter.report.output import valid
from dfix.rewriter.server.analysis import Analysis
from dfix.rewriter.server.diagnostics import of_change
from dfix.rewriter.server.documents import Documents
from dfix.rewriter.server.workspace_edits import Abilities, lines_in, range_of, text_edits, workspace_edit

FIX_ALL = "source.fixAll.dfix"
KINDS = (types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll, FIX_ALL)
_MOST_TITLE = 100


def actions(
    analysis: Analysis, params: types.CodeActionParams, abilities: Abilities, documents: Documents
) -> list[types.CodeAction]:
    """The actions of the requested kinds, for the instructions that the range touches."""
    if analysis.found.problem is not None:
        return []
    wanted = params.context.only
    found: list[types.CodeAction] = []
    if _asked(types.CodeActionKind.QuickFix, wanted):
        lines = _lines(analysis, params.range)
        found += _fixes(analysis, lines, abilities, documents)
        found += _leaving_alone(analysis, lines, abilities)
    if _asked(FIX_ALL, wanted):
        found += _everything(analysis, abilities, documents)
    return found


def _asked(kind: str, wanted: Sequence[str] | None) -> bool:
    """Whether a kind was requested, or a parent of it: `source` includes `source.fixAll.dfix`."""
    return wanted is None or any(kind == one or kind.startswith(f"{one}.") or not one for one in wanted)


def _lines(analysis: Analysis, found: types.Range) -> frozenset[int]:
    """The 1-based lines of all instructions that a range touches."""
    touched = lines_in(analysis, found)
    lines: set[int] = set()
    for instruction in analysis.tree.instructions:
        if instruction.line < touched.stop and touched.start <= instruction.end_line:
            lines.update(range(instruction.line, instruction.end_line + 1))
    return frozenset(lines)


def _fixes(
    analysis: Analysis, lines: frozenset[int], abilities: Abilities, documents: Documents
) -> Iterator[types.CodeAction]:
    for change in (*analysis.found.changes, *analysis.unsafe):
        if change.line not in lines:
            continue
        result = analysis.fix(change)
        edit = workspace_edit(analysis, result, abilities, documents) if result is not None else None
        if result is None or edit is None:
            continue
        safe = change.contract != "changed-image"
        marks = "" if safe else " (unsafe)"
        if result.ignore_file is not None:
            marks += f" (and {os.path.basename(result.ignore_file.before.path)})"
        yield types.CodeAction(
            title=_title(f"{change.rule}: {change.reason}", marks),
            kind=types.CodeActionKind.QuickFix,
            diagnostics=_diagnostics(analysis, change),
            is_preferred=safe,
            edit=edit,
        )


def _leaving_alone(analysis: Analysis, lines: frozenset[int], abilities: Abilities) -> Iterator[types.CodeAction]:
    """For each rule with a finding here, an action that adds an ignore comment above the instruction."""
    seen: set[tuple[str, int]] = set()
    items: list[Applied | Refused] = [*analysis.found.changes, *analysis.unsafe, *analysis.found.refusals]
    for item in items:
        instruction = analysis.instruction_at(item.line) if item.line in lines else None
        if instruction is None or (item.rule, instruction.line) in seen:
            continue
        seen.add((item.rule, instruction.line))
        (edit,) = ignore_edits(analysis.tree, {analysis.tree.instructions.index(instruction): (item.rule,)})
        written = types.TextEdit(range_of(analysis, edit.span), analysis.source.written(edit.text))
        yield types.CodeAction(
            title=f"{item.rule}: ignore this here",
            kind=types.CodeActionKind.QuickFix,
            diagnostics=_diagnostics(analysis, item),
            is_preferred=False,
            edit=_one_file(analysis, written, abilities),
        )


def _everything(analysis: Analysis, abilities: Abilities, documents: Documents) -> Iterator[types.CodeAction]:
    if text_edits(analysis, analysis.safe):
        edit = workspace_edit(analysis, analysis.safe, abilities, documents)
        yield types.CodeAction(title="dfix: apply all safe changes", kind=FIX_ALL, edit=edit)


def _one_file(analysis: Analysis, edit: types.TextEdit, abilities: Abilities) -> types.WorkspaceEdit:
    document = analysis.document
    if not abilities.versioned:
        return types.WorkspaceEdit(changes={document.uri: [edit]})
    named = types.OptionalVersionedTextDocumentIdentifier(uri=document.uri, version=document.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(named, [edit])])


def _diagnostics(analysis: Analysis, item: Applied | Refused) -> list[types.Diagnostic] | None:
    """The diagnostic that the action fixes, so that an editor can show them together."""
    return [of_change(analysis, item)] if isinstance(item, Applied) and item in analysis.found.changes else None


def _title(text: str, mark: str) -> str:
    text = valid(text)
    return f"{text}{mark}" if len(text) <= _MOST_TITLE else f"{text[: _MOST_TITLE - 1]}…{mark}"

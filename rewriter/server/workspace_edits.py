"""Converting results into edits of the protocol: only the lines that differ."""

from __future__ import annotations

from lsprotocol import types

from dfix.rewriter.pipeline.result import IgnoreFileChange, Result
from dfix.rewriter.report.hunks import Hunk, hunks, lines_of
from dfix.rewriter.server.analysis import Analysis
from dfix.rewriter.server.documents import Documents, uri_of
from dfix.rewriter.server.positions import Positions
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span


class Abilities(NamedTuple):
    """Which edits the editor supports: versioned documents, several files, new files."""

    versioned: bool = False
    creates: bool = False


def range_of(analysis: Analysis, span: Span) -> types.Range:
    """A span of the source as a range of the document."""
    return _range(analysis.positions, span, analysis.start)


def span_of(analysis: Analysis, found: types.Range) -> Span:
    """A range of the document as a span of the source."""
    offsets = [analysis.positions.offset(place.line, place.character) for place in (found.start, found.end)]
    start, end = (max(0, offset - analysis.start) for offset in offsets)
    return Span(start, max(start, end))


def lines_in(analysis: Analysis, found: types.Range) -> range:
    """The 1-based lines of the source that a range of the document touches."""
    start, end = span_of(analysis, found)
    return range(analysis.source.line_of(start), analysis.source.line_of(end) + 1)


def text_edits(analysis: Analysis, result: Result) -> list[types.TextEdit]:
    """The edits that turn the document into a result, one per hunk."""
    if result.problem is not None or result.after.text == result.before.text:
        return []
    pairs = zip(spans(result), hunks(result), strict=True)
    return [types.TextEdit(range_of(analysis, span), "".join(hunk.new)) for span, hunk in pairs]


def formatting(analysis: Analysis) -> list[types.TextEdit]:
    """The edits of a save."""
    return text_edits(analysis, analysis.safe)


def range_formatting(analysis: Analysis, wanted: types.Range) -> list[types.TextEdit]:
    """The edits of a save's changes that are completely within a range."""
    inside = span_of(analysis, wanted)
    lines = lines_in(analysis, wanted)
    near = [change for change in analysis.safe.changes if change.line in lines]
    if not near:
        return []
    fitting = near if _inside(analysis.only(near), inside) else [c for c in near if _inside(analysis.only([c]), inside)]
    result = analysis.only(fitting) if fitting else None
    return text_edits(analysis, result) if result is not None and _inside(result, inside) else []


def workspace_edit(
    analysis: Analysis, result: Result, abilities: Abilities, documents: Documents
) -> types.WorkspaceEdit | None:
    """A result as the edit of a quick fix, with the ignore file's; None if the editor doesn't support it."""
    edits = text_edits(analysis, result)
    document = analysis.document
    ignore = None
    if result.ignore_file is not None:
        ignore = _ignore_file(result.ignore_file, documents)
        if ignore is None or (ignore.new and not (abilities.versioned and abilities.creates)):
            return None
    if not abilities.versioned:
        changes = {document.uri: edits} if edits else {}
        return types.WorkspaceEdit(changes=changes if ignore is None else {**changes, ignore.uri: [ignore.edit]})
    parts: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    if ignore is not None:
        if ignore.new:
            parts.append(types.CreateFile(uri=ignore.uri, options=types.CreateFileOptions(ignore_if_exists=True)))
        parts.append(_versioned(ignore.uri, ignore.version, [ignore.edit]))
    if edits:
        parts.append(_versioned(document.uri, document.version, edits))
    return types.WorkspaceEdit(document_changes=parts)


def spans(result: Result) -> list[Span]:
    """The span of each of the result's hunks in the original file."""
    starts = [0]
    for line in lines_of(result.before.text):
        starts.append(starts[-1] + len(line))
    return [Span(starts[hunk.line - 1], starts[_last(hunk)]) for hunk in hunks(result)]


def _last(hunk: Hunk) -> int:
    return hunk.line - 1 + len(hunk.old)


def _inside(result: Result, inside: Span) -> bool:
    """Whether all edits are within a span; the line end after the last selected line counts as selected."""
    text = result.before.text
    end = inside.end
    if end and text[end - 1 : end] != "\n":
        found = text.find("\n", end)
        end = len(text) if found < 0 else found + 1
    start = text.rfind("\n", 0, inside.start) + 1
    return all(Span(start, end).contains(span) for span in spans(result))


class _IgnoreEdit(NamedTuple):
    uri: str
    version: int | None
    edit: types.TextEdit
    new: bool


def _ignore_file(ignore: IgnoreFileChange, documents: Documents) -> _IgnoreEdit | None:
    """The lines to append to the ignore file; None if its text in the editor differs from the disk."""
    path, before, after = ignore.before.path, ignore.before.text, ignore.after.text
    opened = documents.at(path)
    if opened is not None and opened.text != before:
        return None
    positions = Positions(before, documents.encoding)
    edit = types.TextEdit(_range(positions, Span(len(before), len(before)), 0), after[len(before) :])
    if opened is not None:
        return _IgnoreEdit(opened.uri, opened.version, edit, False)
    return _IgnoreEdit(uri_of(path), None, edit, ignore.new)


def _versioned(uri: str, version: int | None, edits: list[types.TextEdit]) -> types.TextDocumentEdit:
    return types.TextDocumentEdit(types.OptionalVersionedTextDocumentIdentifier(uri=uri, version=version), list(edits))


def _range(positions: Positions, span: Span, shift: int) -> types.Range:
    start, end = (types.Position(*positions.place(offset + shift)) for offset in span)
    return types.Range(start, end)

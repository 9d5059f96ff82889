"""The text and the syntax of a result. Each check returns what is wrong, or ""."""

from __future__ import annotations

from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.text.source import Edit, Source


def outside_is_unchanged(before: Source, after: Source, edits: list[Edit]) -> str:
    """Check that `after` is `before` with exactly these edits: all text outside of their spans is unchanged."""
    at_before = at_after = 0
    for span, text in sorted(edits):
        length = span.start - at_before
        if before.text[at_before : span.start] != after.text[at_after : at_after + length]:
            return f"text outside of a change differs before line {before.line_of(span.start)}"
        at_before, at_after = span.end, at_after + length + len(before.written(text))
    if before.text[at_before:] != after.text[at_after:] or before.bom != after.bom:
        return "text after the last change differs"
    return ""


def builds(tree: Tree) -> str:
    """Check that BuildKit's rules accept the result."""
    fault = check(tree)
    return f"line {fault.line}: {fault.message}" if fault is not None else ""


def second_reader_agrees(before: Tree, after: Tree) -> str:
    """Check that dockerfile-parse reads the same instructions in the result as dfix.

    It doesn't support heredocs, empty continuation lines, BOM or `check=`. If it already disagrees about the original
    file, its reading of the result proves nothing and is ignored.
    """
    if _second_reading(before.source) != _reading(before):
        return ""
    ours, theirs = _reading(after), _second_reading(after.source)
    if ours == theirs:
        return ""
    for mine, other in zip(ours, theirs, strict=False):
        if mine != other:
            return f"dockerfile-parse reads `{' '.join(other)[:80]}` instead of `{' '.join(mine)[:80]}`"
    return f"dockerfile-parse counts {len(theirs)} instructions instead of {len(ours)}"


def _reading(tree: Tree) -> list[tuple[str, str]]:
    return [(i.keyword, "".join(i.logical[len(i.keyword) :].split())) for i in tree.instructions]


def _second_reading(source: Source) -> list[tuple[str, str]]:
    from io import BytesIO

    from dockerfile_parse import DockerfileParser

    try:
        parser = DockerfileParser(fileobj=BytesIO(source.text.encode("utf-8", "replace")))
        found = parser.structure
    except Exception:  # it raises various errors for syntax that it doesn't support
        return []
    return [(item["instruction"], "".join(item["value"].split())) for item in found if item["instruction"] != "COMMENT"]

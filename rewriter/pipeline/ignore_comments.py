"""Writing `# dfix: ignore[RULE] reason` above instructions, without touching anything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dfix.rewriter.dockerfile.instruction import Instruction
from dfix.rewriter.dockerfile.tree import Tree, Trivia
from dfix.rewriter.pipeline.suppressions import DFIX
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Edit, Span

_FOR_NEXT_LINE = expression(r"\b(?:ignore|skip|disable|nolint|nosec|nosemgrep|noqa)\b", re.IGNORECASE)
"""A comment that a tool only obeys on the line directly above: `# hadolint ignore=DL3008`."""


def ignore_edits(tree: Tree, names: Mapping[int, Iterable[str]], reason: str = "") -> list[Edit]:
    """Edits after which comments keep the named rules away from instructions, by the index of the instruction.

    An instruction with such a comment gets the names in its bracket; others get a new line, above what another tool
    has to find directly above the instruction.
    """
    edits = []
    above: list[Trivia] = []
    index = -1
    for node in tree.nodes:
        if not isinstance(node, Instruction):
            above = [*above, node] if node.kind == "comment" else []
            continue
        index += 1
        wanted = sorted(names.get(index, ()))
        if wanted:
            edits.append(_joined(tree, above, wanted, reason) or _new(tree, node, above, wanted, reason))
        above = []
    return edits


def _joined(tree: Tree, above: list[Trivia], names: list[str], reason: str) -> Edit | None:
    """The names added to the list of a comment above; None if there is none."""
    for node in above:
        text = tree.source.text[node.span.start : node.span.end]
        found = DFIX.match(text)
        if found is None or found[1] or not (found[2] or "").strip() or not found[3]:
            continue
        start, end = found.span(2)
        listed = found[2].replace(",", " ").split()
        more = "".join(f", {name}" for name in names if name not in listed)
        added = f"{found[2].rstrip()}{more}]"
        if reason and not found[4].strip():
            added += f" {reason}"
        return Edit(Span(node.span.start + start, node.span.start + end + 1), added)
    return None


def _new(tree: Tree, instruction: Instruction, above: list[Trivia], names: list[str], reason: str) -> Edit:
    text = tree.source.text
    line = instruction.span.start
    indent = text[line : len(text) - len(text[line:].lstrip(" \t"))]
    for node in reversed(above):
        if _FOR_NEXT_LINE.search(text, node.span.start, node.span.end) is None:
            break
        line = node.span.start
    said = f" {reason}" if reason else ""
    return Edit(Span(line, line), f"{indent}# dfix: ignore[{', '.join(names)}]{said}\n")

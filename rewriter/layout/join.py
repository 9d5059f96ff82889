"""Joining the scripts of neighbouring RUNs to one chain, in the layout that their author uses."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.layout.chain import after_part
from dfix.rewriter.shell.nodes import AndOr, Script
from dfix.rewriter.text.source import Edit, Span

USUAL = " \\\n    && "
_DEEPEST = 8
"""Columns of an indentation that one RUN may take over from another."""
_PADDING = re.compile(r"^[ \t]*(?=\\\n)")


class Element(NamedTuple):
    """A RUN that becomes an element of the chain.

    `opening` and `closing` go around its script, of which the last `cut` characters are dropped.
    """

    instruction: Instruction
    script: Script
    opening: str = ""
    closing: str = ""
    cut: int = 0


def join(elements: Sequence[Element], others: Iterable[tuple[Instruction, Script]]) -> tuple[Edit, ...]:
    """Make one RUN of neighbours: the first one's keyword and flags, then every script, with `&&` in between.

    What stands between two scripts (the line's end, blank lines, keyword and flags) is replaced. The break before
    `&&` is that of the first RUN that has any, or else the usual one of `others`, the file's RUNs.
    """
    separator = _separator(elements, others)
    edits = []
    first, last = elements[0], elements[-1]
    if first.opening:
        edits.append(Edit(Span(first.script.span.start, first.script.span.start), first.opening))
    for before, after in pairwise(elements):
        gap = Span(before.script.span.end - before.cut, after.script.span.start)
        edits.append(Edit(gap, before.closing + separator + after.opening))
    if last.closing:
        edits.append(Edit(Span(last.script.span.end, last.script.span.end), last.closing))
    return tuple(edits)


def _separator(elements: Sequence[Element], others: Iterable[tuple[Instruction, Script]]) -> str:
    for element in elements:
        found = _break(element.instruction, element.script)
        if found:
            return found
    breaks = (_break(instruction, script) for instruction, script in others if _chained_over_lines(instruction, script))
    usual = Counter(found for found in breaks if not _aligned(found))
    return usual.most_common(1)[0][0] if usual else USUAL


def _aligned(separator: str) -> bool:
    """Whether a break goes so far in that it stands below words of its own RUN, which another RUN does not have."""
    line = separator.rpartition("\n")[2]
    return len(line.expandtabs(4)) - len(line.lstrip()) > _DEEPEST


def _break(instruction: Instruction, script: Script) -> str:
    """The text with which a RUN's chain goes to its next line, "" for a RUN on one line and for no chain."""
    if len(script.statements) != 1 or "\n" not in instruction.text[script.span.start : script.span.end]:
        return ""
    node = script.statements[0].node
    last = len(node.parts) - 1 if isinstance(node, AndOr) else 0
    written = after_part(instruction, script, last, "").text.replace("\r\n", "\n")
    # escape characters in one column are one RUN's affair
    return _PADDING.sub(" ", written)


def _chained_over_lines(instruction: Instruction, script: Script) -> bool:
    if len(script.statements) != 1:
        return False
    node = script.statements[0].node
    return isinstance(node, AndOr) and "\n" in instruction.text[script.span.start : node.parts[-1].span.start]

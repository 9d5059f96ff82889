"""Joins the scripts of neighbouring RUNs to one chain, in their author's layout."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.layout.chain import DEEPEST, after_part
from dfix.rewriter.shell.nodes import AndOr, Script
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span

USUAL = " \\\n    && "
"""The line break of a file that has none to imitate."""
_PADDING = expression(r"^[ \t]*(?=\\\n)")
_COMMENT = expression(r"^[^\S\n]*(#.*?)\r?$", re.MULTILINE)


class Element(NamedTuple):
    """A RUN that becomes an element of the chain."""

    instruction: Instruction
    script: Script
    opening: str = ""
    """What goes before its script."""
    closing: str = ""
    """What goes after its script."""
    cut: int = 0
    """How many characters are dropped from the script's end."""
    breaks: tuple[Span, ...] = ()
    """Places within its script that get the chain's line break: those before commands that get a line of their own."""


def join(
    elements: Sequence[Element],
    usual: Callable[[], str],
    last_commands: Iterable[str] = (),
    moved: Sequence[Span] = (),
) -> tuple[Edit, ...]:
    """Merge neighbouring RUNs: the first one's keyword and flags, then every script, with `&&` in between.

    The text between two scripts (the line's end, blank lines, keyword and flags) is replaced; comments stay above the
    script that they stand above today. The line break at `&&` is that of the first of the RUNs that has one, or the
    file's `usual` one (`usual_break`). After all the scripts come the `last_commands`. What is `moved` from between two
    RUNs is written elsewhere, with its comments.
    """
    separator = next(filter(None, (_break(element.instruction, element.script) for element in elements)), "") or usual()
    edits = []
    first, last = elements[0], elements[-1]
    if first.opening:
        edits.append(Edit(Span(first.script.span.start, first.script.span.start), first.opening))
    edits += [Edit(gap, separator) for element in elements for gap in element.breaks]
    for before, after in pairwise(elements):
        gap = Span(before.script.span.end - before.cut, after.script.span.start)
        comments = comments_between(before.instruction.text, before.script.span.end, after.script.span.start, moved)
        edits.append(Edit(gap, before.closing + _with_comments(separator, comments) + after.opening))
    closing = last.closing + "".join(separator + command for command in last_commands)
    if closing:
        edits.append(Edit(Span(last.script.span.end, last.script.span.end), closing))
    return tuple(edits)


def comments_between(text: str, start: int, end: int, moved: Sequence[Span] = ()) -> tuple[str, ...]:
    """The lines of comments between the scripts of two neighbouring RUNs, without the blanks around them.

    Those in a `moved` span are left out.
    """
    line_end = text.find("\n", start, end)
    found = _COMMENT.finditer(text, line_end, end) if line_end >= 0 else ()
    return tuple(match[1] for match in found if not any(span.start <= match.start() < span.end for span in moved))


def comments_above(text: str, start: int) -> tuple[str, ...]:
    """The lines of comments directly above an instruction that begins at `start`, without the blanks around them."""
    found: list[str] = []
    end = text.rfind("\n", 0, start) + 1
    while end:
        begin = text.rfind("\n", 0, end - 1) + 1
        line = text[begin:end].strip()
        if not line.startswith("#"):
            break
        found.append(line)
        end = begin
    return tuple(reversed(found))


def _with_comments(separator: str, comments: Sequence[str]) -> str:
    """A separator with comments on lines of their own, after its line break.

    BuildKit drops lines of comments within an instruction, and blanks in front of them (Dockerfile reference: Format).
    """
    break_, _, rest = separator.rpartition("\n")
    indent = rest[: len(rest) - len(rest.lstrip())]
    return "\n".join((break_, *(f"{indent}{comment}" for comment in comments), rest))


def usual_break(scripts: Iterable[tuple[Instruction, Script]]) -> str:
    """The most common line break at `&&` in a file's RUNs."""
    breaks = (
        _break(instruction, script) for instruction, script in scripts if _chained_over_lines(instruction, script)
    )
    usual = Counter(line_break for line_break in breaks if not _aligned(line_break))
    return usual.most_common(1)[0][0] if usual else USUAL


def _aligned(separator: str) -> bool:
    """Whether a line break is indented so far that it is aligned with words of its own RUN."""
    line = separator.rpartition("\n")[2]
    return len(line.expandtabs(4)) - len(line.lstrip()) > DEEPEST


def _break(instruction: Instruction, script: Script) -> str:
    """The text between two elements of a RUN's chain; "" for a RUN on one line, or without a chain."""
    if len(script.statements) != 1 or "\n" not in instruction.text[script.span.start : script.span.end]:
        return ""
    node = script.statements[0].node
    last = len(node.parts) - 1 if isinstance(node, AndOr) else 0
    separator = after_part(instruction, script, last, "").text.replace("\r\n", "\n")
    # blanks that align escape characters only fit their own RUN
    return _PADDING.sub(" ", separator)


def _chained_over_lines(instruction: Instruction, script: Script) -> bool:
    if len(script.statements) != 1:
        return False
    node = script.statements[0].node
    return isinstance(node, AndOr) and "\n" in instruction.text[script.span.start : node.parts[-1].span.start]

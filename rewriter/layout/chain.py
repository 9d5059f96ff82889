"""Adds a command to a RUN in its author's layout."""

from __future__ import annotations

import re

from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.shell.nodes import AndOr, Script
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span

_BEGINS = expression(r"^[ \t]*&&", re.MULTILINE)
_ENDS = expression(r"&&[ \t]*\\[ \t]*\r?$", re.MULTILINE)
DEEPEST = 8
"""The deepest indentation, in columns, that a command takes over from the lines of another."""
USUAL_INDENT = "    "
_INDENT = expression(r"[ \t]*")
_SEPARATES = expression(r"\A[\s\\`]*(;(?:[ \t]*[\\`][ \t]*\r?\n)?[ \t]*)")
"""What separates two statements, perhaps on several lines, without a comment between them."""


class _Break(NamedTuple):
    """How a chain continues on the next line."""

    ends: bool
    """Whether `&&` ends a line."""
    begins: bool
    """Whether `&&` begins a line; one that does both is alone on its line."""
    indent: str
    """The indentation of the next line."""
    gap: str
    """What follows `&&`; if `&&` is alone on its line, the indentation of the command."""
    close: str = " "
    """What precedes a `&&` that ends a line."""

    def source_text(self, escape: str, pad: str) -> str:
        if self.ends and self.begins:
            return f"{pad}{escape}\n{self.indent}&& {escape}\n{self.gap}"
        if self.ends:
            return f"{self.close}&&{self.gap}{escape}\n{self.indent}"
        return f"{pad}{escape}\n{self.indent}&&{self.gap}"


def after_part(instruction: Instruction, script: Script, part: int, command: str, *, statement: int = 0) -> Edit:
    """Add `&& command` after the element `part` of a `&&` chain: the only statement of a script, or one of several.

    A RUN on one line stays on one line. In a RUN of several lines the command gets its own line, with the indentation
    and the position of `&&` of the chain's nearest line break, or of the RUN's other lines if the chain has none.
    """
    node = script.statements[statement].node
    parts = node.parts if isinstance(node, AndOr) else (node,)
    end = parts[part].span.end
    line_break = _nearest_break(instruction.text, node, part) if isinstance(node, AndOr) else None
    if line_break is None and "\n" in instruction.text[script.span.start : end]:
        line_break = _usual_break(instruction, script.span.start, end)
    padding = _padding(instruction, end)
    separator = " && " if line_break is None else line_break.source_text(instruction.escape, padding)
    return Edit(Span(end, end), separator + command)


def after_statement(instruction: Instruction, script: Script, statement: int, command: str) -> Edit:
    """Add `; command` after a statement, not the first, on a line of its own if the statement has one."""
    before, node = script.statements[statement - 1].node, script.statements[statement].node
    between = instruction.text[before.span.end : node.span.start]
    match = _SEPARATES.fullmatch(between)
    separator = "; " if match is None else match[1].replace("\r\n", "\n")
    return Edit(Span(node.span.end, node.span.end), separator + command)


def after_lines(text: str, script: Script, statement: int, command: str) -> Edit:
    """Add the command on its own line after a statement of a script that has one per line (a heredoc)."""
    last = script.statements[statement]
    end = text.find("\n", last.span.end)
    return Edit(Span(end, end), f"\n{_indent_of(text, last.span.start)}{command}")


def _nearest_break(text: str, node: AndOr, part: int) -> _Break | None:
    for index in sorted(range(len(node.operators)), key=lambda i: (abs(i - part + 1), i)):
        operator = node.operators[index].span
        ends = "\n" in text[operator.end : node.parts[index + 1].span.start]
        begins = "\n" in text[node.parts[index].span.end : operator.start]
        if ends and begins:
            return _Break(
                ends, begins, _indent_of(text, operator.start), _indent_of(text, node.parts[index + 1].span.start)
            )
        if ends:
            close = " " if operator.start > node.parts[index].span.end else ""
            gap = " " if text[operator.end] in " \t" else ""
            return _Break(ends, begins, _indent_of(text, node.parts[index + 1].span.start), gap, close)
        if begins:
            gap = text[operator.end : node.parts[index + 1].span.start]
            return _Break(ends, begins, _indent_of(text, operator.start), gap)
    return None


def _usual_break(instruction: Instruction, start: int, end: int) -> _Break:
    text = instruction.text
    ends = sum(1 for _ in _ENDS.finditer(text)) > sum(1 for _ in _BEGINS.finditer(text))
    indents = [_indent_of(text, piece.start) for piece in instruction.pieces if start < piece.start < end]
    indent = min(indents, key=len)
    # words that are aligned with those above them are a list, of which the command is not one more entry
    if len(indent.expandtabs(4)) > DEEPEST:
        return _Break(False, True, USUAL_INDENT, " ")
    return _Break(ends, not ends, indent, " ")


def _indent_of(text: str, offset: int) -> str:
    match = _INDENT.match(text, text.rfind("\n", 0, offset) + 1)
    return match.group() if match is not None else ""


def _padding(instruction: Instruction, end: int) -> str:
    """The blanks before an escape character: one, or as many as align it with others that are all in one column."""
    text = instruction.text
    columns = set()
    for piece in instruction.pieces[:-1]:
        line = text.rfind("\n", 0, piece.end) + 1
        columns.add(piece.end - line if "\t" not in text[line : piece.end] else 0)
    if len(columns) != 1 or len(instruction.pieces) < 3:
        return " "
    length = end - text.rfind("\n", 0, end) - 1
    return " " * max(1, columns.pop() - length)

"""Adding a command to a RUN in the layout that its author uses."""

from __future__ import annotations

import re
from typing import NamedTuple

from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.shell.nodes import AndOr, Script
from dfix.rewriter.text.source import Edit, Span

_BEGINS = re.compile(r"^[ \t]*&&", re.MULTILINE)
_ENDS = re.compile(r"&&[ \t]*\\[ \t]*\r?$", re.MULTILINE)
_INDENT = re.compile(r"[ \t]*")


class _Break(NamedTuple):
    """How a chain goes to its next line: the operator ends a line, begins one, or has one of its own.

    `gap` is what follows the operator (where it has a line of its own: the indentation of the command), `close` what
    precedes one that ends a line.
    """

    ends: bool
    begins: bool
    indent: str
    gap: str
    close: str = " "

    def written(self, escape: str, pad: str) -> str:
        if self.ends and self.begins:
            return f"{pad}{escape}\n{self.indent}&& {escape}\n{self.gap}"
        if self.ends:
            return f"{self.close}&&{self.gap}{escape}\n{self.indent}"
        return f"{pad}{escape}\n{self.indent}&&{self.gap}"


def after_part(instruction: Instruction, script: Script, part: int, command: str) -> Edit:
    """Put `&& command` behind the element `part` of a script that is one && chain (`chain` of the model).

    A RUN on one line stays on one line. In a RUN of several lines the command gets its own, with the indentation
    and the place of `&&` of the nearest line break of the chain, or, where the chain has none, of the rest of the file.
    """
    node = script.statements[0].node
    parts = node.parts if isinstance(node, AndOr) else (node,)
    end = parts[part].span.end
    found = _nearest_break(instruction.text, node, part) if isinstance(node, AndOr) else None
    if found is None and "\n" in instruction.text[script.span.start : end]:
        found = _usual_break(instruction, script.span.start, end)
    separator = " && " if found is None else found.written(instruction.escape, _padding(instruction, end))
    return Edit(Span(end, end), separator + command)


def after_lines(text: str, script: Script, statement: int, command: str) -> Edit:
    """Put the command on a line of its own behind a statement of a script that is read line by line (a heredoc)."""
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
    return _Break(ends, not ends, min(indents, key=len), " ")


def _indent_of(text: str, offset: int) -> str:
    found = _INDENT.match(text, text.rfind("\n", 0, offset) + 1)
    return found.group() if found is not None else ""


def _padding(instruction: Instruction, end: int) -> str:
    """The blanks in front of an escape character: as many as put it below the others where they stand in one column."""
    text = instruction.text
    columns = set()
    for piece in instruction.pieces[:-1]:
        line = text.rfind("\n", 0, piece.end) + 1
        columns.add(piece.end - line if "\t" not in text[line : piece.end] else 0)
    if len(columns) != 1 or len(instruction.pieces) < 3:
        return " "
    length = end - text.rfind("\n", 0, end) - 1
    return " " * max(1, columns.pop() - length)

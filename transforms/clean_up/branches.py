"""Which commands of a script certainly run once another one has run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Pipeline
from dfix.rewriter.shell.walk import invoked, program_name

if TYPE_CHECKING:
    from dfix.rewriter.shell.nodes import Node, Script

Scope = tuple[int, ...]
"""The branches around a command, outermost first; () for a command that always runs."""

_ALWAYS = frozenset(("subshell", "group"))


def scopes(script: Script) -> dict[int, Scope]:
    """The scope of each simple command of a script, by `id`.

    A command is in a branch inside `if`, `for`, `while`, `case` and functions, after `||`, and after `[ … ] &&`. What a
    command did is certain for the later commands whose scope begins with its own.
    """
    by_command: dict[int, Scope] = {}
    for statement in script.statements:
        _visit(statement.node, (), by_command)
    return by_command


def _visit(node: Node, scope: Scope, by_command: dict[int, Scope]) -> None:
    if isinstance(node, Command):
        by_command[id(node)] = scope
    elif isinstance(node, Pipeline):
        for part in node.parts:
            _visit(part, scope, by_command)
    elif isinstance(node, Compound):
        inner = scope if node.kind in _ALWAYS else (*scope, id(node))
        for statement in node.body:
            _visit(statement.node, inner, by_command)
    else:
        _list(node, scope, by_command)


def _list(node: AndOr, scope: Scope, by_command: dict[int, Scope]) -> None:
    inner = scope
    for index, part in enumerate(node.parts):
        if index and (node.operators[index - 1].text == "||" or _is_test(node.parts[index - 1])):
            inner = (*scope, id(part))
        _visit(part, inner, by_command)


def _is_test(node: Node) -> bool:
    if isinstance(node, Compound):
        return node.kind == "test"
    words = invoked(node) if isinstance(node, Command) else ()
    return bool(words) and program_name(words[0]) in of_kind("tests")

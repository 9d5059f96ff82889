"""Which commands of a script run for sure once another has run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Pipeline
from dfix.rewriter.shell.walk import invoked, program_name

if TYPE_CHECKING:
    from dfix.rewriter.shell.nodes import Node, Script

Scope = tuple[int, ...]
"""The branches around a command, outermost first; () for one that always runs."""

_ALWAYS = frozenset(("subshell", "group"))


def scopes(script: Script) -> dict[int, Scope]:
    """The scope of each simple command of a script, by `id`.

    A command is in a branch within `if`, `for`, `while`, `case` and functions, behind `||`, and behind `[ … ] &&`. What
    a command has done holds for those after it whose scope begins with its own.
    """
    found: dict[int, Scope] = {}
    for statement in script.statements:
        _visit(statement.node, (), found)
    return found


def _visit(node: Node, scope: Scope, found: dict[int, Scope]) -> None:
    if isinstance(node, Command):
        found[id(node)] = scope
    elif isinstance(node, Pipeline):
        for part in node.parts:
            _visit(part, scope, found)
    elif isinstance(node, Compound):
        inner = scope if node.kind in _ALWAYS else (*scope, id(node))
        for statement in node.body:
            _visit(statement.node, inner, found)
    else:
        _list(node, scope, found)


def _list(node: AndOr, scope: Scope, found: dict[int, Scope]) -> None:
    inner = scope
    for index, part in enumerate(node.parts):
        if index and (node.operators[index - 1].text == "||" or _is_test(node.parts[index - 1])):
            inner = (*scope, id(part))
        _visit(part, inner, found)


def _is_test(node: Node) -> bool:
    if isinstance(node, Compound):
        return node.kind == "test"
    words = invoked(node) if isinstance(node, Command) else ()
    return bool(words) and program_name(words[0]) in of_kind("tests")

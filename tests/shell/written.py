"""A short notation of parsed scripts, so that what is expected can be written by hand.

`[=A=1 b c ~>f]` is a command with an assignment, two words and a redirect; a statement is followed by its terminator
(`$` stands for a newline); `if(…)`, `subshell(…)` are compounds, with their own words after a colon.
"""

from __future__ import annotations

from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Redirect, Script, Statement
from dfix.rewriter.shell.parse import parse


def read(text: str) -> Script:
    """A script that fills its file from the first character to the last."""
    return parse(text, 0, text)


def written(text: str) -> str:
    script = read(text)
    assert not script.opaque, script.opaque
    return _statements(script.statements)


def _statements(statements: tuple[Statement, ...]) -> str:
    return " ".join(_node(statement.node) + statement.terminator.replace("\n", "$") for statement in statements)


def _node(node: Node) -> str:
    if isinstance(node, Command):
        parts = [*("=" + word.text for word in node.assigns), *(word.text for word in node.words)]
        return "[" + " ".join(parts + _redirects(node.redirects)) + "]"
    if isinstance(node, Pipeline):
        return ("! " if node.negated else "") + " | ".join(map(_node, node.parts))
    if isinstance(node, AndOr):
        joined = zip(node.operators, node.parts[1:], strict=True)
        return _node(node.parts[0]) + "".join(f" {operator.text} {_node(part)}" for operator, part in joined)
    return _compound(node)


def _compound(node: Compound) -> str:
    words = "".join(f" {word.text}" for word in node.words)
    return f"{node.kind}({_statements(node.body)}{':' if words else ''}{words})" + "".join(
        f" {redirect}" for redirect in _redirects(node.redirects)
    )


def _redirects(redirects: tuple[Redirect, ...]) -> list[str]:
    return ["~" + r.op + (r.target.text if r.target is not None else "") for r in redirects]

"""Going through a script: its simple commands, and the program that each of them really runs."""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script, Statement, Word


def commands(of: Script | Node) -> Iterator[Command]:
    """Every simple command in source order, at whatever depth, but not those within a command substitution."""
    if isinstance(of, Command):
        yield of
    elif isinstance(of, (AndOr, Pipeline)):
        for part in of.parts:
            yield from commands(part)
    else:
        for statement in of.body if isinstance(of, Compound) else of.statements:
            yield from commands(statement.node)

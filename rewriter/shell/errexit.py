"""What a failing command ends under `set -e`, and what it no longer ends where something follows with `&&`.

In every part of an `&&` list but the last, a shell ignores `-e`, also within loops, groups and functions (POSIX, `set`;
seen with dash, bash and busybox): `set -e && for f in a b; do cp $f /; done` ends at the first failure, and with
`&& rm -r x` behind it runs every round.
"""

from __future__ import annotations

from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script
from dfix.rewriter.shell.walk import commands

_RUNS_IN_SHELL = frozenset((".", "source", "eval"))
_CONDITION_AND_BRANCH = 2


def turns_on_errexit(script: Script) -> bool:
    """Whether a script may switch `-e` on, in any of its commands."""
    return any(
        command.words
        and command.words[0].value in ("set", "shopt")
        and any(word.value is None or is_errexit(word.value) for word in command.words[1:])
        for command in commands(script)
    )


def is_errexit(option: str) -> bool:
    """Whether a word after `set` turns `-e` on: `-e`, `-ex`, or the `errexit` of `-o errexit`."""
    return option == "errexit" or (option[:1] == "-" and option[:2] != "--" and "e" in option)


def needs_errexit(node: Node, script: Script) -> bool:
    """Whether a part of a script may end otherwise where its shell ignores `-e`.

    A command ends in the same way, and so does what has no other command after one that may fail.
    """
    return _needs(node, function_names(script))


def _needs(node: Node, functions: frozenset[str | None]) -> bool:
    if isinstance(node, Command):
        name = node.words[0].value if node.words else ""
        return name in functions or name in _RUNS_IN_SHELL
    if isinstance(node, AndOr):
        return _needs(node.parts[-1], functions)
    if isinstance(node, Pipeline):
        return any(_needs(part, functions) for part in node.parts)
    if node.kind in ("test", "function"):
        return False
    most = _CONDITION_AND_BRANCH if node.kind == "if" else 1 if node.kind in ("subshell", "group") else 0
    return len(node.body) > most or any(_needs(statement.node, functions) for statement in node.body)


def function_names(script: Script) -> frozenset[str | None]:
    """The names of the functions that a script declares, at any depth."""
    found: set[str | None] = set()
    nodes: list[Node] = [statement.node for statement in script.statements]
    while nodes:
        node = nodes.pop()
        if isinstance(node, Compound):
            if node.kind == "function":
                found.add(node.words[0].value)
            nodes += (statement.node for statement in node.body)
        elif not isinstance(node, Command):
            nodes += node.parts
    return frozenset(found)

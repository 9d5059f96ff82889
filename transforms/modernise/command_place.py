"""What is around a command in its script: what it reads, and whether the build ends where it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.shell.errexit import is_errexit
from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script, Statement
from dfix.rewriter.shell.walk import commands

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dfix.rewriter.model import Step
    from dfix.rewriter.shell.nodes import Redirect

_SETS = ("set", "shopt")
_READS_SCRIPT = (".", "source", "eval")
_HARMLESS = "/etc/os-release"


def is_answered(script: Script, command: Command) -> bool:
    """Whether a command may read what the author gives it: through a pipe, from a file, or by `exec < file` before."""
    if any(_reads(one.redirects) for one in commands(script) if one is command or one.name == "exec"):
        return True
    for node in _around(script.statements, command):
        if isinstance(node, Compound) and _reads(node.redirects):
            return True
        if isinstance(node, Pipeline) and not _contains(node.parts[0], command):
            return True
    return False


def ends_build(step: Step, command: Command) -> bool:
    """Whether the build is sure to end where the command fails; may say no wrongly."""
    script = step.script
    if any(one.name == "trap" for one in commands(script)):
        return False
    place = next((at for at, one in enumerate(script.statements) if _contains(one, command)), None)
    if place is None or any(one.terminator == "&" for one in script.statements):
        return False
    node = script.statements[place].node
    parts = (node,) if not isinstance(node, AndOr) else node.parts if _all_and(node) else ()
    if place == len(script.statements) - 1:
        return command in parts
    return command in parts[-1:] and _has_errexit(step, script)


def _has_errexit(step: Step, script: Script) -> bool:
    """Whether `-e` is on throughout a script."""
    first = script.statements[0].node
    sets_first = isinstance(first, Command) and first.name == "set" and _turns_on(first)
    if not (sets_first or step.stops_on_error):
        return False
    return not any(
        (one.name in _SETS and not (one is first and sets_first) and not _keeps(one))
        or (one.name in _READS_SCRIPT and [word.value for word in one.words[1:]] != [_HARMLESS])
        for one in commands(script)
    )


def _turns_on(command: Command) -> bool:
    words = [word.literal_or_text for word in command.words[1:]]
    return words[:1] != ["--"] and any(map(is_errexit, words)) and _keeps(command)


def _keeps(command: Command) -> bool:
    """Whether a `set` is sure to switch nothing off."""
    return all(word.value is not None and not word.value.startswith("+") for word in command.words[1:])


def _reads(redirects: tuple[Redirect, ...]) -> bool:
    return any(redirect.op.startswith("<") for redirect in redirects)


def _all_and(node: AndOr) -> bool:
    return all(operator.text == "&&" for operator in node.operators)


def _around(statements: Iterable[Statement], command: Command) -> Iterator[Node]:
    """The nodes that a command is in, the outermost first."""
    for statement in statements:
        if _contains(statement, command):
            node: Node | None = statement.node
            while node is not None and node is not command:
                yield node
                parts = () if isinstance(node, (Command, Compound)) else node.parts
                if isinstance(node, Compound):
                    yield from _around(node.body, command)
                node = next((part for part in parts if _contains(part, command)), None)


def _contains(node: Statement | Node, command: Command) -> bool:
    return node.span.start <= command.span.start and command.span.end <= node.span.end

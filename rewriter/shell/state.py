"""What a script leaves in the shell that ran it: a second script in the same shell would see it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script, Statement
from rewriter.shell.walk import program_name
from rewriter.source import Span

_KINDS = {
    "cd": "cd",
    "pushd": "cd",
    "popd": "cd",
    "export": "export",
    "readonly": "export",
    "declare": "export",
    "typeset": "export",
    "local": "export",
    "unset": "unset",
    "set": "set",
    "shopt": "set",
    "setopt": "set",
    "emulate": "set",
    "umask": "umask",
    "ulimit": "ulimit",
    "trap": "trap",
    "alias": "alias",
    "unalias": "alias",
    "exec": "exec",
    "exit": "exit",
    "return": "exit",
    "logout": "exit",
    ".": "source",
    "source": "source",
    "eval": "eval",
    "shift": "shift",
    "read": "read",
    "mapfile": "read",
    "readarray": "read",
    "getopts": "read",
    "hash": "hash",
    "enable": "set",
    "let": "assignment",
}
_KEEPS_ASSIGNMENT = frozenset(
    (
        "export",
        "readonly",
        "set",
        "unset",
        ".",
        "eval",
        ":",
        "exec",
        "exit",
        "return",
        "shift",
        "trap",
        "times",
        "break",
        "continue",
    )
)
"""POSIX special built-ins: an assignment in front of them stays (POSIX 2.14)."""


class Leak(NamedTuple):
    """`kind` is cd, export, assignment, unset, set, umask, ulimit, trap, alias, function, background, exec, exit,
    source, eval, shift, read or hash; `what` is the text that does it.
    """

    kind: str
    span: Span
    what: str


def leaks(script: Script) -> tuple[Leak, ...]:
    """What the script leaves in its shell. Subshells, parts of pipelines and substitutions leave nothing."""
    return tuple(_statements(script.statements))


def _statements(statements: tuple[Statement, ...]) -> Iterator[Leak]:
    for statement in statements:
        if statement.terminator == "&":
            yield Leak("background", statement.span, "&")
        else:
            yield from _node(statement.node)


def _node(node: Node) -> Iterator[Leak]:
    if isinstance(node, Command):
        yield from _command(node)
    elif isinstance(node, AndOr):
        for part in node.parts:
            yield from _node(part)
    elif isinstance(node, Pipeline):
        if len(node.parts) == 1:
            yield from _node(node.parts[0])
    else:
        yield from _compound(node)


def _compound(node: Compound) -> Iterator[Leak]:
    if node.kind == "function":
        yield Leak("function", node.span, "a function")
    elif node.kind == "for":
        yield Leak("assignment", node.span, "a loop variable")
        yield from _statements(node.body)
    elif node.kind != "subshell":
        yield from _statements(node.body)


def _command(command: Command) -> Iterator[Leak]:
    words = command.words
    while words and words[0].value in ("command", "builtin") and len(words) > 1 and not words[1].text.startswith("-"):
        words = words[1:]
    text = " ".join(word.text for word in words)
    if not words:
        if command.assigns:
            yield Leak("assignment", command.span, command.assigns[0].text)
        return
    name = program_name(words[0]) if words[0].value is not None and "/" not in words[0].text else ""
    kind = _KINDS.get(name)
    if kind is not None:
        yield Leak(kind, command.span, text[:60])
    elif words[0].value is None:
        yield Leak("eval", command.span, text[:60])
    if command.assigns and name in _KEEPS_ASSIGNMENT:
        yield Leak("assignment", command.span, command.assigns[0].text)
    if "${" in text and (":=" in text or "=" in text.partition("${")[2].partition("}")[0]):
        yield Leak("assignment", command.span, text[:60])

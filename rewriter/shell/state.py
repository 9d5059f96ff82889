"""What a script changes in the shell that runs it, so that a later script in the same shell would notice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Redirect, Script, Statement, Word
from dfix.rewriter.shell.walk import BUILT_IN
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span

LeakKind = Literal[
    "cd",
    "export",
    "assignment",
    "loop",
    "unset",
    "set",
    "umask",
    "ulimit",
    "trap",
    "alias",
    "function",
    "background",
    "exec",
    "redirect",
    "exit",
    "source",
    "eval",
    "shift",
    "read",
    "hash",
    "unknown",
]
"""What stays, by the built-in that does it; others of the same effect have the same kind.

export is also readonly and declare, set is also shopt, loop is the variable of a `for`, exec means that another program
takes the shell's place, redirect is `exec > file`. unknown: the command's name is an expansion, so it may be any of
these, or the script is not understood.
"""

_KINDS: dict[str, LeakKind] = {
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
    "enable": "set",
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
    "let": "assignment",
}
CHANGES_FOLDER = frozenset(name for name, kind in _KINDS.items() if kind == "cd")
SETS_VARIABLES = frozenset(name for name, kind in _KINDS.items() if kind in ("export", "unset", "read"))
_OF_THE_SHELL = ("cd", "export", "unset", "set", "umask", "ulimit", "alias", "source")
OF_THE_SHELL = frozenset(name for name, kind in _KINDS.items() if kind in _OF_THE_SHELL)
"""Built-ins whose effect ends with their shell."""
_PRINT_WITHOUT_ARGUMENTS = frozenset(("set", "shopt", "trap", "hash", "enable"))
_PRINT_WITHOUT_OPERANDS = frozenset(("export", "readonly", "declare", "typeset", "local", "umask", "ulimit", "alias"))
_KEEPS_ASSIGNMENT = frozenset(
    ". : break continue eval exec exit export readonly return set shift times trap unset".split()
)
"""POSIX special built-ins: an assignment before them stays (POSIX 2.14), though not in bash's own mode."""

_EXPANSION = expression(r"\$\(.*\)|\$\{[^}]*\}|`[^`]*`", re.DOTALL)
_LITERAL = expression(r"[A-Za-z0-9_./+-]+")
_SETS_DEFAULT = expression(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?=")
_CALCULATES = expression(r"(?:^|[^=!<>])=(?!=)|<<=|>>=|\+\+|--")


class Leak(NamedTuple):
    """One thing that stays."""

    kind: LeakKind
    span: Span
    what: str
    """The text that does it, for a message: "cd /x", "sleep 1 &", "f()"."""


def leaks(script: Script) -> tuple[Leak, ...]:
    """What the script, run at the top of a shell, leaves in it, in source order.

    Subshells, the parts of a pipeline, background jobs and substitutions are shells of their own and leave nothing
    (POSIX 2.12; zsh and ksh run a pipeline's last part in the shell itself).
    """
    if script.opaque:
        return (Leak("unknown", script.span, script.opaque),)
    return tuple(_statements(script.statements))


def _statements(statements: tuple[Statement, ...]) -> Iterator[Leak]:
    for statement in statements:
        if statement.terminator == "&":
            yield Leak("background", statement.span, f"{_text(statement.node)} &")
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
        yield Leak("function", node.span, f"{node.words[0].text}()")
        return
    if node.kind == "subshell":
        return
    if node.kind == "for" and not node.words[0].text.startswith("(("):
        yield Leak("loop", node.span, f"for {node.words[0].text}")
    assigning = [word for word in (*node.words, *_redirected(node.redirects)) if _sets_variable(word)]
    if assigning:
        yield Leak("assignment", node.span, assigning[0].text)
    yield from _statements(node.body)


def _command(command: Command) -> Iterator[Leak]:
    words = _in_shell(command.words)
    name = words[0].value if words else ""
    if command.assigns and (not words or name in _KEEPS_ASSIGNMENT):
        yield Leak("assignment", command.span, command.assigns[0].text)
    elif any(map(_sets_variable, (*command.assigns, *words, *_redirected(command.redirects)))):
        yield Leak("assignment", command.span, _text(command))
    kind = _kind(words, redirected=bool(command.redirects))
    if kind is not None:
        yield Leak(kind, command.span, _text(command))
    if any(redirect.op == "&>" for redirect in command.redirects):
        # a POSIX shell reads `a &> f` as `a &` and `> f`
        yield Leak("background", command.span, _text(command))


def _kind(words: tuple[Word, ...], *, redirected: bool) -> LeakKind | None:
    if not words:
        return None
    name = words[0].value
    if name is None:
        # `./$a` and `python${VERSION}` are programs whatever they expand to; `c$a` may be cd
        beginning = _LITERAL.match(words[0].text)
        if beginning is not None and not any(built_in.startswith(beginning[0]) for built_in in BUILT_IN):
            return None
        return None if "/" in _EXPANSION.sub("", words[0].text) else "unknown"
    if name == "exec" and len(words) == 1:
        return "redirect" if redirected else None
    if name == "printf":
        return "assignment" if len(words) > 1 and words[1].text.startswith("-v") else None
    kind = _KINDS.get(name)
    if name in _PRINT_WITHOUT_ARGUMENTS and len(words) == 1:
        return None
    if name in _PRINT_WITHOUT_OPERANDS and all(word.text.startswith("-") for word in words[1:]):
        return None
    return kind


def _in_shell(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words without `command`, `builtin` and `time`, after which built-ins still run in the shell itself."""
    while len(words) > 1 and words[0].value in ("command", "builtin", "time"):
        rest = words[2:] if words[1].text == "-p" else words[1:]
        if not rest or rest[0].text.startswith("-"):
            break
        words = rest
    return words


def _redirected(redirects: tuple[Redirect, ...]) -> Iterator[Word]:
    for redirect in redirects:
        for word in (redirect.target, redirect.body):
            if word is not None:
                yield word


def _sets_variable(word: Word) -> bool:
    """Whether expanding a word sets a variable: `${A:=b}`, `$((i += 1))`, `((i++))`."""
    if word.value is not None:
        return False
    if "((" in word.text and _CALCULATES.search(word.text.partition("((")[2]):
        return True
    return _SETS_DEFAULT.search(word.text) is not None


def _text(node: Node) -> str:
    """The text of a node's last simple command, for a message; "(if)" for a compound command."""
    if isinstance(node, Command):
        return " ".join(word.text for word in (*node.assigns, *node.words)) or "a redirect"
    if isinstance(node, Compound):
        return f"({node.kind})"
    return _text(node.parts[-1])

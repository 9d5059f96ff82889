"""What a script leaves in the shell that ran it: a second script in the same shell would see it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Redirect, Script, Statement, Word
from dfix.rewriter.shell.walk import BUILT_IN
from dfix.rewriter.text.source import Span

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
_PRINT_WITHOUT_ARGUMENTS = frozenset(("set", "shopt", "trap", "hash", "enable"))
_PRINT_WITHOUT_OPERANDS = frozenset(("export", "readonly", "declare", "typeset", "local", "umask", "ulimit", "alias"))
_KEEPS_ASSIGNMENT = frozenset(
    ". : break continue eval exec exit export readonly return set shift times trap unset".split()
)
"""POSIX special built-ins: an assignment in front of them stays (POSIX 2.14), though not in bash's own mode."""

_EXPANSION = re.compile(r"\$\(.*\)|\$\{[^}]*\}|`[^`]*`", re.DOTALL)
_LITERAL = re.compile(r"[A-Za-z0-9_./+-]+")
_SETS_DEFAULT = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*:?=")
_CALCULATES = re.compile(r"(?:^|[^=!<>])=(?!=)|<<=|>>=|\+\+|--")


class Leak(NamedTuple):
    """One thing that stays. `what` is the text that does it: "cd /x", "sleep 1 &", "f()".

    `kind` is one of: cd, export (also readonly and declare), assignment, loop (the variable of a `for`), unset, set
    (also shopt), umask, ulimit, trap, alias, function, background, exec (another program takes the shell's place),
    redirect (`exec > file`), exit, source, eval, shift, read, hash; or unknown: the command's name is an expansion,
    so it may be any of these, or the script is not understood.
    """

    kind: str
    span: Span
    what: str


def leaks(script: Script) -> tuple[Leak, ...]:
    """What the script, run at the top of a shell, leaves in it, in source order.

    Subshells, the parts of a pipeline, jobs in the background and substitutions are shells of their own and leave
    nothing (POSIX 2.12; zsh and ksh run a pipeline's last part in the shell itself).
    """
    if script.opaque:
        return (Leak("unknown", script.span, script.opaque),)
    return tuple(_statements(script.statements))


def aborts_early(script: Script) -> bool:
    """Whether the script may end its shell other than by failing, so that nothing appended would run."""
    return any(leak.kind in ("exit", "exec", "source", "eval", "unknown") for leak in leaks(script))


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
    setting = [word for word in (*node.words, *_redirected(node.redirects)) if _sets_variable(word)]
    if setting:
        yield Leak("assignment", node.span, setting[0].text)
    yield from _statements(node.body)


def _command(command: Command) -> Iterator[Leak]:
    words = _in_shell(command.words)
    name = words[0].value if words else ""
    if command.assigns and (not words or name in _KEEPS_ASSIGNMENT):
        yield Leak("assignment", command.span, command.assigns[0].text)
    elif any(map(_sets_variable, (*command.assigns, *words, *_redirected(command.redirects)))):
        yield Leak("assignment", command.span, _text(command))
    kind = _kind(words, redirected=bool(command.redirects))
    if kind:
        yield Leak(kind, command.span, _text(command))
    if any(redirect.op == "&>" for redirect in command.redirects):
        # a POSIX shell reads `a &> f` as `a &` and `> f`
        yield Leak("background", command.span, _text(command))


def _kind(words: tuple[Word, ...], *, redirected: bool) -> str:
    if not words:
        return ""
    name = words[0].value
    if name is None:
        # a path, or a name that begins like none of these, is a program's whatever the rest expands to
        begins = _LITERAL.match(words[0].text)
        if begins is not None and not any(known.startswith(begins[0]) for known in BUILT_IN):
            return ""
        return "" if "/" in _EXPANSION.sub("", words[0].text) else "unknown"
    if name == "exec" and len(words) == 1:
        return "redirect" if redirected else ""
    if name == "printf":
        return "assignment" if len(words) > 1 and words[1].text.startswith("-v") else ""
    kind = _KINDS.get(name, "")
    if name in _PRINT_WITHOUT_ARGUMENTS and len(words) == 1:
        return ""
    if name in _PRINT_WITHOUT_OPERANDS and all(word.text.startswith("-") for word in words[1:]):
        return ""
    return kind


def _in_shell(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words without `command`, `builtin` and `time`, behind which the shell's own commands still are its own."""
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
    """A node's simple commands as written, for a message."""
    if isinstance(node, Command):
        return " ".join(word.text for word in (*node.assigns, *node.words)) or "a redirect"
    if isinstance(node, Compound):
        return f"({node.kind})"
    return _text(node.parts[-1])

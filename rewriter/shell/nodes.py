"""The parts of a shell script, each with its span in the Dockerfile."""

from __future__ import annotations

from typing import NamedTuple

from rewriter.source import Span


class Word(NamedTuple):
    """One shell word.

    `text` is the word as written, with continuations (escape + newline) taken out. `value` is what the shell
    makes of it (quotes removed) when that is certain; None when it holds an expansion ($, backtick), an
    unquoted glob or brace, or starts with an unquoted tilde.
    """

    span: Span
    text: str
    value: str | None


class Redirect(NamedTuple):
    """`2>&1`, `> file`, `<<EOF`: `op` without the descriptor, `target` None for a heredoc's body."""

    span: Span
    op: str
    target: Word | None


class Command(NamedTuple):
    """A simple command: `A=1 name word … > file`."""

    span: Span
    assigns: tuple[Word, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]

    @property
    def name(self) -> str | None:
        """The command's name where it is a plain word ("/usr/bin/apt-get" stays as written)."""
        return self.words[0].value if self.words else None


class Pipeline(NamedTuple):
    """`a | b`, `! a`: two or more parts, or one that is negated."""

    span: Span
    negated: bool
    parts: tuple[Node, ...]


class Operator(NamedTuple):
    """`&&` or `||` and where it stands."""

    span: Span
    text: str


class AndOr(NamedTuple):
    """`a && b || c`: `operators[i]` stands between `parts[i]` and `parts[i + 1]`."""

    span: Span
    parts: tuple[Node, ...]
    operators: tuple[Operator, ...]


class Compound(NamedTuple):
    """A compound command or function definition.

    `kind` is one of subshell, group, if, for, while, case, function, test ([[ ]] and (( ))).
    `body` holds every statement within, at whatever branch.
    """

    span: Span
    kind: str
    body: tuple[Statement, ...]
    redirects: tuple[Redirect, ...]


Node = Command | Pipeline | AndOr | Compound


class Statement(NamedTuple):
    """A list element: `terminator` is ";", "&", "\\n" or "" and `terminator_span` where it stands."""

    span: Span
    node: Node
    terminator: str
    terminator_span: Span


class Script(NamedTuple):
    """A whole script. `opaque` says why it could not be understood ("" when it could)."""

    span: Span
    statements: tuple[Statement, ...]
    comments: tuple[Span, ...]
    opaque: str

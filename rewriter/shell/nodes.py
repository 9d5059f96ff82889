"""The parts of a shell script, each with its span in the Dockerfile."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.text.source import Span


class Word(NamedTuple):
    """One shell word.

    `text` is the word as written, with continuations (escape + newline) and the comment lines within them taken
    out. `value` is what every shell makes of it (quotes removed); None where that is not certain: it holds an
    expansion ($, backtick), an unquoted glob or brace list, or an unquoted tilde that may be a home folder.
    """

    span: Span
    text: str
    value: str | None


class Redirect(NamedTuple):
    """`2>&1`, `> file`, `<<EOF`: `op` without the descriptor, `target` None for a heredoc.

    `>& file` has the op `&>`, so that `>&` and `<&` always name a descriptor. `body` is a heredoc's content (its
    `value` None when it is expanded and holds an expansion); it lies outside `span` and outside its command's.
    """

    span: Span
    op: str
    target: Word | None
    body: Word | None = None


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
    `body` holds every statement within, at whatever branch. `words` are those that the shell itself looks at, in
    source order: the name and list of a `for`, the subject and patterns of a `case`, a function's name, what
    stands within `[[ ]]`, the whole of `(( ))`.
    """

    span: Span
    kind: str
    body: tuple[Statement, ...]
    redirects: tuple[Redirect, ...]
    words: tuple[Word, ...] = ()


Node = Command | Pipeline | AndOr | Compound


class Statement(NamedTuple):
    r"""A list element: `terminator` is ";", "&", "\\n" or "" and `terminator_span` where it stands.

    `span` is the node's: it does not take in the terminator.
    """

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

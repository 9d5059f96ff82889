"""The parts of a shell script, each with its span in the Dockerfile."""

from __future__ import annotations

from typing import Literal

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Span

CompoundKind = Literal["subshell", "group", "if", "for", "while", "case", "function", "test"]
"""`until` is a while; `[[ ]]` and `(( ))` are tests."""

Terminator = Literal[";", "&", "\n", ""]


class Word(NamedTuple):
    """One shell word."""

    span: Span
    text: str
    """The word in the file, without continuations (escape + newline) and the comment lines within them."""
    value: str | None
    """What every shell makes of it (quotes removed).

    None where that is not certain: it holds an expansion ($, backtick), an unquoted glob or brace list, or an
    unquoted tilde that may be a home folder.
    """

    @property
    def literal_or_text(self) -> str:
        """The value where it is certain, else the text."""
        return self.value if self.value is not None else self.text


class Redirect(NamedTuple):
    """`2>&1`, `> file`, `<<EOF`."""

    span: Span
    op: str
    """Without the descriptor. `>& file` has the op `&>`, so that `>&` and `<&` always name a descriptor."""
    target: Word | None
    """None for a heredoc."""
    body: Word | None = None
    """A heredoc's content, outside of this span and of the command's; `value` None when an expansion in it counts."""


class Command(NamedTuple):
    """A simple command: `A=1 name word … > file`."""

    span: Span
    assigns: tuple[Word, ...]
    words: tuple[Word, ...]
    redirects: tuple[Redirect, ...]

    @property
    def name(self) -> str | None:
        """The command's name where it is a literal word, with its folder ("/usr/bin/apt-get")."""
        return self.words[0].value if self.words else None


class Pipeline(NamedTuple):
    """`a | b`, `! a`: two or more parts, or one that is negated."""

    span: Span
    negated: bool
    parts: tuple[Node, ...]


class Operator(NamedTuple):
    """`&&` or `||`."""

    span: Span
    text: str


class AndOr(NamedTuple):
    """`a && b || c`."""

    span: Span
    parts: tuple[Node, ...]
    operators: tuple[Operator, ...]
    """`operators[i]` is between `parts[i]` and `parts[i + 1]`."""


class Compound(NamedTuple):
    """A compound command or function definition."""

    span: Span
    kind: CompoundKind
    body: tuple[Statement, ...]
    """Every statement within, of all branches."""
    redirects: tuple[Redirect, ...]
    words: tuple[Word, ...] = ()
    """The words that the shell itself looks at, in source order.

    These are the name and list of a `for`, the subject and patterns of a `case`, a function's name, what is within
    `[[ ]]`, the whole of `(( ))`.
    """


Node = Command | Pipeline | AndOr | Compound


class Statement(NamedTuple):
    """One element of a list of commands."""

    span: Span
    """The node's: it does not include the terminator."""
    node: Node
    terminator: Terminator


class Script(NamedTuple):
    """A whole script."""

    span: Span
    statements: tuple[Statement, ...]
    comments: tuple[Span, ...]
    opaque: str
    """Why the script could not be understood, "" when it could."""

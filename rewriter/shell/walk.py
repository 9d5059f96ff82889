"""A script's simple commands, and the program that each of them really runs."""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Redirect, Script, Word
from dfix.rewriter.shell.wrappers import Wrapper, wrapper
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

BUILT_IN = frozenset(
    ". : alias bg cd command declare dirs enable eval exec exit export fg getopts hash history let local logout "
    "mapfile popd pushd read readarray readonly return set shift shopt source trap typeset ulimit umask unalias unset "
    "wait".split()
)
"""Commands that only the shell itself can run."""

_SUBSTITUTES = expression(r"\$\((?!\()|`|[<>]\(")
_ASSIGNS = expression(r"['\"]?[A-Za-z_][A-Za-z0-9_]*=")
_DURATION = expression(r"[0-9.]+[smhd]?")
_NICENESS = expression(r"-[0-9]+|--adjustment=.*")


class Invocation(NamedTuple):
    """The program that really runs."""

    words: tuple[Word, ...]
    user: str | None
    """The user that a wrapper names for it; None when none does."""


def commands(of: Script | Node) -> Iterator[Command]:
    """Every simple command at any depth, in source order, except those within a command substitution."""
    if isinstance(of, Command):
        yield of
    elif isinstance(of, (AndOr, Pipeline)):
        for part in of.parts:
            yield from commands(part)
    else:
        for statement in of.body if isinstance(of, Compound) else of.statements:
            yield from commands(statement.node)


def program_name(word: Word) -> str:
    """The program's name without its folder: "apt-get" for `/usr/bin/apt-get`."""
    # this is asked most of all, so that it does without `literal_or_text`
    return (word.text if word.value is None else word.value).rpartition("/")[2]


def invoked(command: Command) -> tuple[Word, ...]:
    """The words of the program that really runs, without wrappers such as `sudo` and `env A=b`.

    A wrapper stays where it has an unknown option, where the program after it is not named literally, and where a
    built-in follows: `sudo cd x` changes no folder, and `command -v x` runs nothing.
    """
    return invocation(command).words


def invocation(command: Command) -> Invocation:
    """What `invoked` answers, with the user who runs it: "root" after a bare `sudo`, "$USER" unexpanded."""
    words = command.words
    user: str | None = None
    while words:
        row = wrapper(program_name(words[0]))
        if row is None or not row.followed:
            break
        inner = _unwrapped(words, row)
        if inner is None or (not row.in_shell and inner.words[0].value in BUILT_IN):
            break
        words, user = inner.words, inner.user or user
    return Invocation(words, user)


def _unwrapped(words: tuple[Word, ...], row: Wrapper) -> Invocation | None:
    name = program_name(words[0])
    user = "root" if name == "sudo" else None
    at = 1
    while at < len(words) and words[at].literal_or_text.startswith("-"):
        option = words[at].literal_or_text
        at += 1
        if option == "--":
            break
        letter, value = _option(option, row, name)
        if letter is None:
            return None
        if letter and not value:
            if at == len(words):
                return None
            value = words[at].literal_or_text
            at += 1
        if letter == "u" and name == "sudo":
            user = value
    while row.assigns and at < len(words) and _ASSIGNS.match(words[at].text):
        at += 1
    if at + row.operands >= len(words) or words[at + row.operands].value is None:
        return None
    if row.takes_user:
        user = words[at].literal_or_text
    elif row.operands and not _DURATION.fullmatch(words[at].text):
        return None
    return Invocation(words[at + row.operands :], user)


def _option(option: str, row: Wrapper, name: str) -> tuple[str | None, str | None]:
    """The letter of an option that has a value ("" for a flag, None if unknown), and the value attached to it."""
    if (name == "nice" and _NICENESS.fullmatch(option)) or (name == "env" and option == "-"):
        return "", None
    if option == "-":
        return None, None
    if option.startswith("--"):
        head, sign, value = option.partition("=")
        if head + sign not in row.long:
            return None, None
        return ("u" if head == "--user" else ""), value
    for index, letter in enumerate(option[1:], 2):
        if letter in row.valued:
            return letter, option[index:]
        if letter not in row.flags:
            return None, None
    return "", None


def has_substitution(node: Command | Compound) -> bool:
    """Whether a word, redirect or heredoc of the node itself runs another command: `$(…)`, backquotes, `<(…)`."""
    words = node.words if isinstance(node, Compound) else node.assigns + node.words
    return any(map(substitutes, words)) or any(map(_redirect_substitutes, node.redirects))


def substitutes(word: Word) -> bool:
    """Whether a word runs another command. May say yes wrongly where quotes and expansions mix (`'$(a)'$b`)."""
    return word.value is None and _SUBSTITUTES.search(word.text) is not None


def _redirect_substitutes(redirect: Redirect) -> bool:
    return any(word is not None and substitutes(word) for word in (redirect.target, redirect.body))

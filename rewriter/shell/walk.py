"""Going through a script: its simple commands, and the program that each of them really runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Redirect, Script, Word

BUILT_IN = frozenset(
    ". : alias bg cd command declare dirs enable eval exec exit export fg getopts hash history let local logout "
    "mapfile popd pushd read readarray readonly return set shift shopt source trap typeset ulimit umask unalias unset "
    "wait".split()
)
"""What the shell does itself and no program could do for it."""

_SUBSTITUTES = re.compile(r"\$\((?!\()|`|[<>]\(")
_ASSIGNS = re.compile(r"['\"]?[A-Za-z_][A-Za-z0-9_]*=")
_DURATION = re.compile(r"[0-9.]+[smhd]?")
_NICENESS = re.compile(r"-[0-9]+|--adjustment=.*")


class _Wrapper(NamedTuple):
    """How a program that runs another is called. Any option that is not named here leaves the call as it is.

    `flags` and `valued` are letters of options without and with a value, `long` are options in full (with `=` where
    they have a value). `operands` is the number of operands in front of the command; `in_shell` says that a command of
    the shell's own stays one behind it.
    """

    flags: str = ""
    valued: str = ""
    long: tuple[str, ...] = ()
    assigns: bool = False
    operands: int = 0
    in_shell: bool = False


_WRAPPERS = {
    "sudo": _Wrapper(
        "EHPSknA",
        "ugp",
        ("--preserve-env", "--preserve-env=", "--set-home", "--non-interactive", "--user=", "--group=", "--stdin"),
        assigns=True,
    ),
    "env": _Wrapper("i", "u", ("--ignore-environment", "--unset="), assigns=True),
    "time": _Wrapper("pv", assigns=True, in_shell=True),
    "nice": _Wrapper("", "n"),
    "timeout": _Wrapper("v", "ks", ("--foreground", "--preserve-status", "--kill-after=", "--signal="), operands=1),
    "command": _Wrapper("p", in_shell=True),
    "builtin": _Wrapper(in_shell=True),
    "exec": _Wrapper("cl", "a"),
    "nohup": _Wrapper(),
    "eatmydata": _Wrapper(),
    "gosu": _Wrapper(operands=1),
    "su-exec": _Wrapper(operands=1),
    "xvfb-run": _Wrapper("a", "", ("--auto-servernum",)),
}


class Invocation(NamedTuple):
    """The words of the program that really runs, and the user that a wrapper names for it (None: no wrapper does)."""

    words: tuple[Word, ...]
    user: str | None


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


def program_name(word: Word) -> str:
    """The program's name without its folder: "/usr/bin/apt-get" and "apt-get" are the same program."""
    return _meant(word).rpartition("/")[2]


def invoked(command: Command) -> tuple[Word, ...]:
    """The words of the program that really runs, wrappers such as `sudo` and `env A=b` taken off.

    A wrapper stays where it has an option that is not known, where the program behind it is not named literally, and
    where a shell's own command follows: `sudo cd x` goes nowhere, and `command -v x` runs nothing.
    """
    return invocation(command).words


def invocation(command: Command) -> Invocation:
    """What `invoked` answers, and the user under whom it runs: "root" behind a bare `sudo`, "$USER" as written."""
    words = command.words
    user: str | None = None
    while words:
        wrapper = _WRAPPERS.get(program_name(words[0]))
        if wrapper is None:
            break
        found = _unwrapped(words, wrapper)
        if found is None or (not wrapper.in_shell and found.words[0].value in BUILT_IN):
            break
        words, user = found.words, found.user or user
    return Invocation(words, user)


def _unwrapped(words: tuple[Word, ...], wrapper: _Wrapper) -> Invocation | None:
    name = program_name(words[0])
    user = "root" if name == "sudo" else None
    at = 1
    while at < len(words) and _meant(words[at]).startswith("-"):
        option = _meant(words[at])
        at += 1
        if option == "--":
            break
        letter, value = _option(option, wrapper, name)
        if letter is None:
            return None
        if letter and not value:
            if at == len(words):
                return None
            value = _meant(words[at])
            at += 1
        if letter == "u" and name == "sudo":
            user = value
    while wrapper.assigns and at < len(words) and _ASSIGNS.match(words[at].text):
        at += 1
    if at + wrapper.operands >= len(words) or words[at + wrapper.operands].value is None:
        return None
    if name in ("gosu", "su-exec"):
        user = _meant(words[at])
    elif wrapper.operands and not _DURATION.fullmatch(words[at].text):
        return None
    return Invocation(words[at + wrapper.operands :], user)


def _meant(word: Word) -> str:
    return word.value if word.value is not None else word.text


def _option(option: str, wrapper: _Wrapper, name: str) -> tuple[str | None, str | None]:
    """The letter of an option that has a value ("" for a flag, None for an unknown one), and what is attached to it."""
    if (name == "nice" and _NICENESS.fullmatch(option)) or (name == "env" and option == "-"):
        return "", None
    if option == "-":
        return None, None
    if option.startswith("--"):
        head, sign, value = option.partition("=")
        if head + sign not in wrapper.long:
            return None, None
        return ("u" if head == "--user" else ""), value
    for index, letter in enumerate(option[1:], 2):
        if letter in wrapper.valued:
            return letter, option[index:]
        if letter not in wrapper.flags:
            return None, None
    return "", None


def has_substitution(node: Command | Compound) -> bool:
    """Whether a word, redirect or heredoc of the node itself runs another command: `$(…)`, backquotes, `<(…)`."""
    own = node.words if isinstance(node, Compound) else node.assigns + node.words
    return any(map(substitutes, own)) or any(map(_redirect_substitutes, node.redirects))


def substitutes(word: Word) -> bool:
    """Whether a word runs another command. May be wrong on the side of yes, where quotes and expansions mix."""
    return word.value is None and _SUBSTITUTES.search(word.text) is not None


def _redirect_substitutes(redirect: Redirect) -> bool:
    return any(word is not None and substitutes(word) for word in (redirect.target, redirect.body))

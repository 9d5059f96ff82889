"""The commands that run within the words of another: `ARCH=$(uname -m)`, `diff <(a) <(b)`, `sh -c "a && b"`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import Located, located_in
from dfix.rewriter.shell.nodes import Script, Word
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import program_name, substitutes
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_TAKES_SCRIPT = expression(r"-[eux]*c")
_BEGIN = expression(r"\$\((?!\()|[<>]\(|`")


class Substitution(NamedTuple):
    """A script within a word, and its commands; none where dfix cannot read it."""

    text: str
    opaque: str
    """Why dfix cannot read it; "" if it can."""
    commands: tuple[Located, ...]


def substitutions(command: Located) -> Iterator[Substitution]:
    """The scripts within the words, redirects and heredocs of a command; what is nested in one is a part of it."""
    for word in _words(command):
        if substitutes(word):
            for text in _scripts(word.text):
                script = parse(text, 0, text)
                yield Substitution(text, script.opaque, _within(command, script, command.folder, command.env))


def given_script(command: Located) -> Substitution | None:
    """The script that a command gives to a shell: `sh -c "a && b"`, `su -c "a" user`; None for any other command."""
    words = command.words
    program = program_name(words[0]) if words else ""
    values = [word.value for word in words[1:]]
    env, folder, text = command.env, command.folder, None
    if program in of_kind("shell") and len(values) == 2 and _TAKES_SCRIPT.fullmatch(values[0] or ""):
        text = values[1]
    elif program == "su" and values.count("-c") == 1 and None not in values and 2 <= len(values) <= 4:
        at = values.index("-c")
        text = values[at + 1] if at + 1 < len(values) else None
        others = [value or "" for value in values[:at] + values[at + 2 :]]
        if any(value.startswith("-") and value != "-" for value in others):
            return None
        env = {name: value for name, value in env.items() if name != "HOME"}
        folder = None if "-" in others else folder
    if text is None:
        return None
    script = parse(text, 0, text)
    return Substitution(text, script.opaque, _within(command, script, folder, env))


def _within(command: Located, script: Script, folder: str | None, env: Mapping[str, str | None]) -> tuple[Located, ...]:
    """The commands of a script within a command: none is an element of the RUN's chain, and none prints to its log."""
    inner = located_in(script, folder, env, conditions=True, assigned=command.assigned)
    return tuple(found._replace(depth=found.depth + command.depth + 1) for found in inner)


def _words(command: Located) -> Iterator[Word]:
    node = command.command
    yield from (*node.assigns, *node.words)
    for redirect in node.redirects:
        yield from (word for word in (redirect.target, redirect.body) if word is not None)


def _scripts(text: str) -> Iterator[str]:
    """What is within each `$(…)`, `<(…)` and pair of backquotes of a word."""
    at = 0
    while (start := _BEGIN.search(text, at)) is not None:
        at = _end(text, start.end()) if start[0] != "`" else text.find("`", start.end())
        at = len(text) if at < 0 else at
        yield text[start.end() : at].strip()
        at += 1


def _end(text: str, at: int) -> int:
    """The offset of the parenthesis that closes the one before `at`; of the text's end if there is none."""
    depth, quote = 1, ""
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        else:
            depth += (char == "(") - (char == ")")
        if not depth:
            return at
        at += 1
    return at

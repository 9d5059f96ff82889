"""Going through a script: its simple commands, and the program that each of them really runs."""

from __future__ import annotations

from collections.abc import Iterator

from rewriter.shell.nodes import AndOr, Command, Compound, Node, Pipeline, Script, Statement, Word


_OPTIONS_WITH_VALUE = {
    "sudo": frozenset(("-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-D", "-R")),
    "env": frozenset(("-u", "-C", "-S")),
    "nice": frozenset(("-n",)),
    "exec": frozenset(("-a",)),
    "time": frozenset(("-f", "-o")),
    "command": frozenset[str](),
    "nohup": frozenset[str](),
    "eatmydata": frozenset[str](),
}
"""Programs that run the command in their operands, and which of their options take a word of their own."""


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
    value = word.value if word.value is not None else word.text
    return value.rpartition("/")[2]


def invoked(command: Command) -> tuple[Word, ...]:
    """The words of the program that really runs, wrappers such as `sudo` and `env A=b` taken off."""
    words = command.words
    while words:
        options = _OPTIONS_WITH_VALUE.get(program_name(words[0]))
        if options is None:
            return words
        rest = _behind_options(words, options)
        if not rest or rest[0].value is None:
            return words
        words = rest
    return words


def _behind_options(words: tuple[Word, ...], with_value: frozenset[str]) -> tuple[Word, ...]:
    at = 1
    while at < len(words):
        text = words[at].text
        if text == "--":
            return words[at + 1 :]
        if text.startswith("-"):
            at += 2 if text in with_value else 1
        elif program_name(words[0]) in ("env", "sudo") and "=" in text:
            at += 1
        else:
            break
    return words[at:]


def has_substitution(command: Command) -> bool:
    """Whether a word or assignment of the command runs another command: `$(…)`, backticks, `<(…)`."""
    words = [*command.words, *command.assigns, *(r.target for r in command.redirects if r.target is not None)]
    return any(_substitutes(word.text) for word in words)


def _substitutes(text: str) -> bool:
    if "$(" not in text and "`" not in text and "<(" not in text and ">(" not in text:
        return False
    return not (text.startswith("'") and text.endswith("'") and text.count("'") == 2)

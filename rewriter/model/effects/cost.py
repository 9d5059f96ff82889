"""What a command costs, as far as its words certainly tell."""

from __future__ import annotations

import re
from collections.abc import Callable

from dfix.rewriter.knowledge import Usage, usage
from dfix.rewriter.knowledge.load import settings_folders
from dfix.rewriter.knowledge.program_table import Cost, ProgramRow, row
from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_SETUP_SCRIPTS = {"://deb.nodesource.com/setup": "apt", "://rpm.nodesource.com/setup": "yum"}
"""Addresses of scripts that set up a package manager, with the manager."""
_QUESTION = expression(r"\$\(\s*([A-Za-z][\w.-]*)(?:\s+(-{1,2}[\w-]+))?(?![\w.-])[^()`;&|]*\)")
_NOWHERE = frozenset(("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"))
WRITING = frozenset((">", ">>", ">|", "&>", "&>>"))
"""The redirects that write."""


class CommandCost(NamedTuple):
    """What a command costs."""

    level: Cost
    """How much time it takes.

    "nothing": it leaves no file behind; "quick": it takes no noticeable time; "light": it empties caches, removes
    packages, unpacks an archive or fetches a repository's key; "slow": anything else.
    """
    usage: Usage | None = None
    """How it uses a package manager."""
    prepares: str = ""
    """The package manager whose settings it changes; "" for none."""


def _never(_command: Located) -> bool:
    return False


def command_cost(command: Located, feeds: Callable[[Located], bool] = _never) -> CommandCost:
    """What a command costs; an unknown program is slow.

    `feeds` says whether it is part of a pipeline that writes a package manager's settings, like
    `curl KEY | apt-key add -`.
    """
    words = command.words
    if _runs_another(command):
        return CommandCost("slow", usage(words))
    writes = any(
        redirect.op in WRITING and redirect.target is not None and redirect.target.text not in _NOWHERE
        for redirect in command.command.redirects
    )
    if not words:
        return CommandCost("quick" if writes else "nothing")
    manager_usage = usage(words)
    if manager_usage is not None:
        return _manager_cost(manager_usage, command)
    if words[0].value is None:
        return CommandCost("slow")
    program = _row(words)
    if program is None:
        return CommandCost("slow", None, _prepares(command, None))
    level = _level(program, words)
    if program.repository_package:
        packages = [word.literal_or_text for word in words[1:] if not word.text.startswith("-")]
        only_settings = [program.repository_package in package.rpartition("/")[2] for package in packages]
        if only_settings and all(only_settings):
            return CommandCost("light", None, "yum")
        return CommandCost(level, None, _prepared_by_option(program, words))
    if program.prepares_with:
        return CommandCost(level, None, _prepared_by_option(program, words))
    if writes and "prints" in program.kinds:
        level = "quick"
    elif level == "slow" and "feeds" in program.kinds and feeds(command):
        level = "light"
    return CommandCost(level, None, _prepares(command, program))


def prepares(command: Located) -> str:
    """The package manager whose settings a command changes; "" for none."""
    return _prepares(command, _row(command.words) if command.words else None)


def _prepares(command: Located, program: ProgramRow | None) -> str:
    words = command.words
    if program is not None and program.prepares:
        return program.prepares
    if program is not None and program.network:
        for address, manager in _SETUP_SCRIPTS.items():
            if any(address in word.text for word in words[1:]):
                return manager
    elif program is not None and "prints" in program.kinds and not program.costs:
        words = ()  # what `echo` prints is not a path, but its redirect is
    targets = [redirect.target for redirect in command.command.redirects if redirect.op in WRITING]
    for word in (*words[1:], *targets):
        if word is not None:
            path = word.literal_or_text
            for folder, manager in settings_folders() if path.startswith("/") else ():
                if path.startswith(folder):
                    return manager
    return ""


def _row(words: tuple[Word, ...]) -> ProgramRow | None:
    program = program_name(words[0])
    value = words[1].value if len(words) > 1 else None
    return (row(f"{program} {value}") if value else None) or row(program)


def _level(program: ProgramRow, words: tuple[Word, ...]) -> Cost:
    """The cost of a program with the options that it is given: `sed` costs nothing, `sed -i` is quick."""
    for option, level in program.costs.items():
        for word in words[1:]:
            text = word.literal_or_text
            if option.startswith("--"):
                given = text == option or text.startswith(option + "=")
            else:
                given = text[:1] == "-" and text[:2] != "--" and option[1] in text
            if given:
                return level
    return program.cost


def _prepared_by_option(program: ProgramRow, words: tuple[Word, ...]) -> str:
    given = {word.literal_or_text for word in words[1:]}
    return next((manager for option, manager in program.prepares_with.items() if option in given), "")


def _runs_another(command: Located) -> bool:
    """Whether a word contains a command substitution, other than a quick question such as `$(uname -m)`."""
    for word in (*command.command.words, *command.command.assigns):
        text = word.text
        if ("$(" in text or "`" in text or "<(" in text) and word.value is None:
            rest = _QUESTION.sub(_without_question, text)
            if "$(" in rest or "`" in rest or "<(" in rest:
                return True
    return False


def _without_question(match: re.Match[str]) -> str:
    for name in (match[1], f"{match[1]} {match[2]}"):
        program = row(name)
        if program is not None and "asks" in program.kinds:
            return ""
    return match[0]


def _manager_cost(manager_usage: Usage, command: Located) -> CommandCost:
    described = manager_usage.row_of_verb
    if described is not None and described[0].cost != "slow":
        return CommandCost(described[0].cost, None, described[0].prepares or prepares(command))
    if manager_usage.verb == "clean":
        return CommandCost("light", manager_usage)
    if manager_usage.manager.system:
        if manager_usage.verb == "remove":
            return CommandCost("light", manager_usage)
        if manager_usage.verb == "query":
            return CommandCost("nothing", manager_usage)
    return CommandCost("slow", manager_usage)

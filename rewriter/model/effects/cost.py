"""What a command costs, as far as its words tell for certain."""

from __future__ import annotations

import re
from typing import NamedTuple

from dfix.rewriter.knowledge import Usage, usage
from dfix.rewriter.knowledge.load import settings_folders
from dfix.rewriter.knowledge.program_table import Cost, ProgramRow, row
from dfix.rewriter.model.commands import Located
from dfix.rewriter.shell.nodes import Word
from dfix.rewriter.shell.walk import program_name

_SETUP_SCRIPTS = {"://deb.nodesource.com/setup": "apt", "://rpm.nodesource.com/setup": "yum"}
"""Addresses of scripts that set up a package manager, and which."""
_QUESTION = re.compile(r"\$\(\s*([A-Za-z][\w.-]*)(?:\s+(-{1,2}[\w-]+))?(?![\w.-])[^()`;&|]*\)")
_NOWHERE = frozenset(("/dev/null", "/dev/stdout", "/dev/stderr", "/dev/tty"))
WRITING = frozenset((">", ">>", ">|", "&>", "&>>"))
"""The redirects that write."""


class Costs(NamedTuple):
    """What a command costs.

    `cost` is "nothing" for what leaves no file behind, "quick" for what takes no time, "light" for what empties
    caches, removes packages, unpacks an archive or fetches a repository's key, and "slow" for all else. `usage` is
    the command's use of a package manager; `prepares` names the manager whose settings it changes.
    """

    cost: Cost
    usage: Usage | None = None
    prepares: str = ""


def costs(command: Located, *, feeds: bool = False) -> Costs:
    """What a command costs; one of an unknown program is slow.

    `feeds` says that it is part of a pipeline that ends in a package manager's settings: `curl KEY | apt-key add -`.
    """
    words = command.words
    if _runs_another(command):
        return Costs("slow", usage(words))
    writes = any(
        redirect.op in WRITING and redirect.target is not None and redirect.target.text not in _NOWHERE
        for redirect in command.command.redirects
    )
    if not words:
        return Costs("quick" if writes else "nothing")
    found = usage(words)
    if found is not None:
        return _managed(found, command)
    if words[0].value is None:
        return Costs("slow")
    known = _row(words)
    if known is None:
        return Costs("slow", None, prepares(command))
    cost = _with_options(known, words)
    if known.repository_package:
        packages = [word.literal_or_text for word in words[1:] if not word.text.startswith("-")]
        named = [known.repository_package in package.rpartition("/")[2] for package in packages]
        return Costs(*(("light", None, "yum") if named and all(named) else (cost, None, _set_up_with(known, words))))
    if known.prepares_with:
        return Costs(cost, None, _set_up_with(known, words))
    if writes and "prints" in known.kinds:
        cost = "quick"
    elif cost == "slow" and feeds and "feeds" in known.kinds:
        cost = "light"
    return Costs(cost, None, prepares(command))


def prepares(command: Located) -> str:
    """The package manager whose settings a command changes, "" for none."""
    words = command.words
    known = _row(words) if words else None
    if known is not None and known.prepares:
        return known.prepares
    if known is not None and known.network:
        for address, manager in _SETUP_SCRIPTS.items():
            if any(address in word.text for word in words[1:]):
                return manager
    elif known is not None and "prints" in known.kinds and not known.costs:
        words = ()
    targets = [redirect.target for redirect in command.command.redirects if redirect.op in WRITING]
    for word in (*words[1:], *targets):
        if word is not None:
            written = word.literal_or_text
            for folder, manager in settings_folders() if written.startswith("/") else ():
                if written.startswith(folder):
                    return manager
    return ""


def _row(words: tuple[Word, ...]) -> ProgramRow | None:
    program = program_name(words[0])
    value = words[1].value if len(words) > 1 else None
    return (row(f"{program} {value}") if value else None) or row(program)


def _with_options(known: ProgramRow, words: tuple[Word, ...]) -> Cost:
    for option, cost in known.costs.items():
        for word in words[1:]:
            written = word.literal_or_text
            if option.startswith("--"):
                given = written == option or written.startswith(option + "=")
            else:
                given = written[:1] == "-" and written[:2] != "--" and option[1] in written
            if given:
                return cost
    return known.cost


def _set_up_with(known: ProgramRow, words: tuple[Word, ...]) -> str:
    given = {word.literal_or_text for word in words[1:]}
    return next((manager for option, manager in known.prepares_with.items() if option in given), "")


def _runs_another(command: Located) -> bool:
    """Whether a word holds a command substitution that is no quick question ("$(uname -m)")."""
    for word in (*command.command.words, *command.command.assigns):
        written = word.text
        if ("$(" in written or "`" in written or "<(" in written) and word.value is None:
            rest = _QUESTION.sub(_without_question, written)
            if "$(" in rest or "`" in rest or "<(" in rest:
                return True
    return False


def _without_question(match: re.Match[str]) -> str:
    for name in (match[1], f"{match[1]} {match[2]}"):
        known = row(name)
        if known is not None and "asks" in known.kinds:
            return ""
    return match[0]


def _managed(found: Usage, command: Located) -> Costs:
    known = found.known
    if known is not None and known[0].cost != "slow":
        return Costs(known[0].cost, None, known[0].prepares or prepares(command))
    if found.verb == "clean":
        return Costs("light", found)
    if found.manager.system:
        if found.verb == "remove":
            return Costs("light", found)
        if found.verb == "query":
            return Costs("nothing", found)
    return Costs("slow", found)

"""Uses of a cache folder whose path the manager itself tells (`rm -r "$(pip cache dir)"`), or that a script names."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.load import load
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.transforms.clean_up.mentions import without_comments

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dfix.rewriter.knowledge import Manager
    from dfix.rewriter.model.commands import Located

_NEEDS_NO_FOLDER = frozenset(("echo", "printf", "mkdir"))
_HARMLESS_LINE = expression(
    r"(?:^|[\n;&|])(?:(?!\brm\s)[^\n;&|])*+\brm\s(?:(?!-[a-zA-Z]*f|--force)[^\n;&|])*+-|"
    r"\b(?:echo|printf|mkdir|install|alias)\s|CACHE\w*="
)
_PIPED = expression(r"[^|;&\n)`]*\|(?!\|)")
_HOME = r"(?:~|\$HOME|\$\{HOME\}|/root|/home/[\w.-]+)"


def asked_for(manager: Manager, text: str, commands: Iterable[Located]) -> str:
    """The command of a script by which it learns where the cache is, and then uses it; "" for none.

    `rm -rf "$(pip cache dir)"`, `mkdir -p` and `echo` need no folder; a bare `pip cache dir` only prints it.
    """
    pattern = _asking(manager.name)
    found = [] if pattern is None else [match[0] for match in pattern.finditer(without_comments(text, ""))]
    if pattern is None or not found:
        return ""
    harmless = 0
    for command in commands:
        words = " ".join(word.text for word in command.command.words)
        if _needs_no_folder(command) or (pattern.search(words) and not _is_given_on(pattern, words, text)):
            harmless += len(pattern.findall(words))
    return " ".join(found[0].split()) if len(found) > harmless else ""


def named_in_script(manager: Manager, text: str) -> str:
    """The cache folder that a script without comments uses, as it writes it; "" where it only removes or makes it."""
    patterns = [pattern for pattern in (_asking(manager.name), _path(manager.name)) if pattern is not None]
    if not any(pattern.search(text) for pattern in patterns):
        return ""
    for line in text.splitlines():
        for pattern in patterns:
            found = pattern.search(line)
            if found is not None and not _HARMLESS_LINE.search(line):
                return " ".join(found[0].split())
    return ""


def _needs_no_folder(command: Located) -> bool:
    words = command.words
    program = program_name(words[0]) if words else ""
    if program == "rm":
        return any(word.text[:1] == "-" and ("f" in word.text or word.text == "--force") for word in words[1:])
    return program in _NEEDS_NO_FOLDER


def _is_given_on(pattern: re.Pattern[str], words: str, text: str) -> bool:
    """Whether a command does more than print the folder: it has the question within another word, or is piped."""
    if "$(" in words or "`" in words or not pattern.search(words):
        return True
    return any(_PIPED.match(text, match.end()) for match in pattern.finditer(text))


@cache
def _asking(name: str) -> re.Pattern[str] | None:
    manager = load(name)
    clean_up = manager.clean_up
    if clean_up is None or not clean_up.tells:
        return None
    names = "|".join(map(re.escape, sorted(manager.commands, key=len, reverse=True)))
    version = "[0-9.]*" if manager.versioned else ""
    asked = "|".join(
        "".join(rf"(?:\s+-[^\s;|&)]+)*\s+{re.escape(word)}" for word in told.split()[1:]) for told in clean_up.tells
    )
    return re.compile(rf"(?:(?<![\w./-])|(?<=bin/))(?:{names}){version}(?:{asked})(?![\w-])")


@cache
def _path(name: str) -> re.Pattern[str] | None:
    clean_up = load(name).clean_up
    if clean_up is None or not clean_up.empties:
        return None
    paths = (re.escape(path).replace("\\~", "~", 1) for path in clean_up.empties)
    return re.compile(
        "|".join(rf"{_HOME}{path[1:]}(?![\w-])" if path[0] == "~" else rf"{path}(?![\w-])" for path in paths)
    )

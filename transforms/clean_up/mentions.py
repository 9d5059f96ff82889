"""Whether a text that is not parsed uses a package manager in a way that needs its lists or its cache."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from dfix.rewriter.text.comments import without_comments as removed
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.knowledge import Manager
    from dfix.rewriter.knowledge.clean_up_row import CleanUp
    from dfix.transforms.clean_up.removed_files import Removal

_VERB = expression(r"(?:[\s\"',\[\]\\]++-[^\s\"',\[\]\\]++){0,50}+[\s\"',\[\]\\]++([a-z][a-z-]*)")
"""The sub-command after a manager's name, in a shell script (`apt-get -y update`) or a list (`"apt-get", "update"`)."""

_OPTION = expression(r"[\s\"',\[\]\\]+-")
_ASKS_FOR_IT = expression(r"(?:\b(?:command -v|which|type|hash)\s+|(?<!\S)-x\s+)(?:/\S*)?$")
_NEEDS_NOTHING = ("remove", "clean")
_SLASHES = tuple(
    ".js .cjs .mjs .ts .php .go .rs .java .groovy .gradle .kts .kt .scala .sbt .swift .zig .cs .c .cc .cpp".split()
)
"""Suffixes of languages whose comments begin with `//`."""

_HASH_COMMENT = expression(r"(?<!\S)#.*")
_SLASH_COMMENT = expression(r"(?<!\S)//(?!go:generate)[^\n]*|(?P<block>/\*)")
_XML = (".xml", "proj", ".props", ".targets")
_XML_COMMENT = expression(r"(?P<block><!--)")


@cache
def _mention(programs: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, programs), key=len, reverse=True))
    return re.compile(rf"(?:(?<![\w./-])|(?<=bin/))(?:{names})(?![\w./-])")


def mentions(manager: Manager, words: str) -> bool:
    """Whether a text contains the name of one of a manager's commands as a word."""
    return _mention(manager.commands).search(words) is not None


def need(removal: Removal, text: str, *, commands_only: bool = False) -> str:
    """How a text without comments needs what a clean-up removes, as a phrase after "which"; "" if it does not.

    With `commands_only`, a name that is also a word (`apt`, `apk`) counts only before an option or a known sub-command.
    """
    manager, clean_up = removal.cache_use.manager, removal.cache_use.clean_up
    if removal.lists:
        program = _without_update(manager, text, commands_only=commands_only)
        if program:
            return f"uses {program} without updating the package lists"
    if clean_up.offline and _offline(manager, clean_up, text):
        return f"installs with {manager.name} from the cache"
    return ""


def _without_update(manager: Manager, text: str, *, commands_only: bool) -> str:
    """The manager's program that a text runs before it updates the lists; "" for none.

    What only asks whether the program is there, removes packages or empties caches needs no lists.
    """
    for found in _mention(manager.commands).finditer(text):
        if _ASKS_FOR_IT.search(text, max(0, found.start() - 40), found.start()):
            continue
        verb = _VERB.match(text, found.end())
        kind = manager.verbs.get(verb[1], "") if verb is not None else ""
        if kind == "update":
            return ""
        is_command = kind or "-" in found[0] or _OPTION.match(text, found.end())
        if kind not in _NEEDS_NOTHING and (is_command or not commands_only):
            return found[0]
    return ""


def _offline(manager: Manager, clean_up: CleanUp, text: str) -> bool:
    """Whether a line that names the manager has an option or variable with which it installs from the cache."""
    marks = {*clean_up.offline, *clean_up.offline_variables}
    for found in _mention(manager.commands).finditer(text):
        end = text.find("\n", found.end())
        line = text[text.rfind("\n", 0, found.start()) + 1 : end if end >= 0 else len(text)]
        if not marks.isdisjoint(re.split(r"[\s\"',;|&=\[\]]+", line)):
            return True
    return False


@lru_cache(maxsize=128)
def without_comments(text: str, path: str) -> str:
    """A file's text without comments: from `#` on, `//` and `/* */` in the languages that have those, or those of XML.

    A mark within quotes is kept: where a comment cannot be told from code, the text counts as code. The latest texts
    are remembered, because each round over a file asks for most of them again.
    """
    if path.endswith(_SLASHES):
        return removed(text, _SLASH_COMMENT, "*/")
    if path.endswith(_XML):
        return removed(text, _XML_COMMENT, "-->")
    lines = []
    for line in text.splitlines():
        found = _HASH_COMMENT.search(line)
        before = line[: found.start()] if found is not None else line
        quoted = before.count('"') % 2 or before.count("'") % 2
        lines.append(line if quoted else before)
    return "\n".join(lines)

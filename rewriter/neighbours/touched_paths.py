"""The image paths that a command's words and redirects may stand for."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.shell.walk import invoked, program_name
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from dfix.rewriter.shell.nodes import Command, Word

_WILD = expression(r"[*?\[]")
_FURTHER_COPIERS = frozenset(("rsync", "scp"))


def possible_paths(command: Command, folder: str | None) -> tuple[str, ...]:
    """The paths that the words and redirects of a command may stand for, with their wildcards.

    The command runs in `folder`, None if that is unknown.
    """
    return tuple(_paths(command, folder))


def touches(paths: Iterable[str], files: Collection[str]) -> str:
    """Whether one of a command's paths is one of these absolute paths: "uses", "may use", or "".

    `cd /etc && echo x >> hosts` and `cp hosts /etc/` use /etc/hosts, `sed -i s/a/b/ /etc/h*` may.
    """
    found = ""
    for path in paths:
        if path in files:
            return "uses"
        if not found and _WILD.search(path) is not None and any(fnmatchcase(file, path) for file in files):
            found = "may use"
    return found


def _paths(command: Command, folder: str | None) -> Iterator[str]:
    targets = (redirect.target for redirect in command.redirects if redirect.target is not None)
    for word in (*command.words, *targets):
        text = _text(word)
        yield _absolute(text, folder)
        name, sign, value = text.partition("=")
        if sign and (value.startswith("/") or name.startswith("-")):
            yield _absolute(value, folder)
    words = invoked(command)
    program = program_name(words[0]) if words else ""
    operands = [_text(word) for word in words[1:] if not word.text.startswith("-")]
    if len(operands) > 1 and (program in of_kind("places") or program in _FURTHER_COPIERS):
        for source in operands[:-1]:
            yield posixpath.join(_absolute(operands[-1], folder), posixpath.basename(source.rstrip("/")) or "*")


def _text(word: Word) -> str:
    return word.literal_or_text.replace('"', "").replace("'", "")


def _absolute(text: str, folder: str | None) -> str:
    path = posixpath.normpath(posixpath.join(folder or "", text)) if text else ""
    return path[1:] if path.startswith("//") else path

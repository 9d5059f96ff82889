"""The paths of which an earlier step may have told programs: in settings, in a link, in the home."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import of_kind, row
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.paths import resolve
from dfix.rewriter.model.values_in_force import filled, values_in_force
from dfix.rewriter.neighbours.image_links import links_made_by
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression

_PATH = expression(r"(?<![\w.~}-])/[\w.@+-][\w./@+-]*")
_URL = expression(r"(?<![\w+.-])(?P<kept>(?:(?!\b[A-Za-z])[\w+.-])*+)(?!file:)[A-Za-z][\w+.-]*+://[^\s;|&\"']*")
"""An address, and what belongs to no scheme at its beginning: the hyphen of `-http://a`."""
_OWN_OPERANDS = frozenset(("reads", "writes", "to-last", "leading", "urls"))
"""Rows of programs that do nothing with a path but read or write it."""


_SWITCHES = frozenset(("true", "false", "null"))


class ToldPaths:
    """The absolute paths that the steps of a stage may leave for others to find. Each step is only read once."""

    def __init__(self) -> None:
        self._known: dict[Step, frozenset[str]] = {}

    def of(self, step: Step) -> frozenset[str]:
        """Those of one step."""
        if step not in self._known:
            self._known[step] = frozenset(_told(step))
        return self._known[step]


def _told(step: Step) -> Iterator[str]:
    if step.keyword != "RUN" and not step.instruction.heredocs:
        return
    commands = located(step) if step.keyword == "RUN" else ()
    values = values_in_force(step, commands[0]) if commands else {}
    for text in _telling(step):
        yield from named_paths(filled(text, values))
    for command in commands:
        yield from _set_for_manager(command)
        yield from (link.target for link in links_made_by(command))


def _set_for_manager(command: Located) -> Iterator[str]:
    """The path that a command may set for a package manager: `pip config set global.find-links wheels`."""
    used = usage(command.words)
    given = [] if used is None else [word.literal_or_text for word in used.arguments]
    if {"config", "set"} & set(given[:2]):
        value = without_urls(given[-1].rpartition("=")[2]).strip("\"' ")
        path = resolve(command.folder, value) if value and not value.isdigit() and value not in _SWITCHES else None
        if path is not None:
            yield path


def named_paths(text: str) -> Iterator[str]:
    """The absolute paths in a text, apart from `/` and those in addresses."""
    for match in _PATH.finditer(without_urls(text)):
        path = posixpath.normpath(match[0])
        if path != "/":
            yield path


def without_urls(text: str) -> str:
    """A text without addresses, other than those of files."""
    return _URL.sub(r"\g<kept> ", text)


def _telling(step: Step) -> Iterator[str]:
    """The texts of a step that may leave a path in a file or a link."""
    if step.keyword != "RUN" or step.script.opaque:
        yield step.source_text
        return
    for command in located(step):
        if _may_tell(command):
            span = command.command.span
            yield step.instruction.text[span.start : span.end]
            bodies = (redirect.body for redirect in command.command.redirects if redirect.body is not None)
            yield from (body.literal_or_text for body in bodies)


def _may_tell(command: Located) -> bool:
    """Whether a command may leave a path that it names, other than by making, reading or writing what is there."""
    if not command.words:
        return True
    name = program_name(command.words[0])
    if name in ("ln", "cp") or command.command.redirects:
        return True
    program = row(name)
    only_makes = name in of_kind("folder") | of_kind("owner") | of_kind("account") | of_kind("adds-accounts")
    return name != "cd" and not only_makes and (program is None or program.operands not in _OWN_OPERANDS)

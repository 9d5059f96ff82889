"""Whether the commands of a RUN only read a file before they remove it."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word

_INSTALLERS = frozenset(("dpkg", "rpm"))
"""Programs that only read the packages that they are given (dpkg(1), rpm(8))."""
_OF_ITSELF = ("$0", "${0", "BASH_SOURCE", "$_", "PWD", "find /")
"""With what a script finds its own file, besides its name and folder."""


def check_removal(removal: Located, word: Word, target: str) -> None:
    """Raise LeaveAlone where the `rm` does more than remove the file, and others that have nothing to do with it."""
    written = removal.command
    what = f"`{shown(removal)}`"
    if written.redirects or written.assigns or written.words != removal.words:
        raise LeaveAlone("unclear-use", f"{what} does more than remove {target}")
    for other in removal.words[1:]:
        if other is word or other.text.startswith("-"):
            continue
        path = named_by(removal, other)
        if path is None or _is_near(path, target):
            raise LeaveAlone("unclear-use", f"{what} may remove {target} twice, but a mounted file stays")


def check_commands(run: Step, removal: Located, target: str, script: str) -> None:
    """Raise LeaveAlone unless the RUN's other commands only read the file, before it is removed.

    `script` is its text, "" if that is unknown.
    """
    is_read = False
    for command in located(run, conditions=True):
        if command.command is removal.command:
            continue
        before = command.part < removal.part
        if before and _installs(command):
            is_read = is_read or any(named_by(command, word) == target for word in command.words[1:])
            continue
        if before and script and _runs(command, target) and not _names_itself(script, target):
            is_read = True
            continue
        found = effects(command)
        if found.anything:
            raise LeaveAlone("unclear-use", f"`{found.shown}` may do more to {target} than read it")
        reads = any(_is_near(place.path, target) for place in found.reads)
        if reads and _links(command):
            raise LeaveAlone("unclear-use", f"`{found.shown}` may link {target}, which a mount does not allow")
        if reads and not before:
            raise LeaveAlone("unclear-use", f"`{found.shown}` would still find {target}")
        unpacks = reads and program_name(command.words[0]) in of_kind("unpacks")
        if any(_is_near(place.path, target) for place in found.writes if not unpacks or place.path == target):
            raise LeaveAlone("unclear-use", f"`{found.shown}` may change {target}, but a mounted file is read-only")
        is_read = is_read or reads
    if not is_read:
        line = run.instruction.line
        raise LeaveAlone("unclear-use", f"no command of the RUN on line {line} is known to read {target}")


def _installs(command: Located) -> bool:
    """Whether it installs packages, which only reads files that it is given, and changes none in /tmp or the like."""
    used = usage(command.words)
    if used is None:
        return bool(command.words) and program_name(command.words[0]) in _INSTALLERS
    return used.verb == "install" and (used.manager.system or used.manager.name == "pip")


def _runs(command: Located, target: str) -> bool:
    """Whether it runs the file as a script, from another folder than the file's."""
    words = command.words
    if not words or command.folder is None or overlaps(command.folder, target):
        return False
    at = 1 if program_name(words[0]) in of_kind("shell") and len(words) > 1 else 0
    return named_by(command, words[at]) == target and not command.command.redirects


def _names_itself(script: str, target: str) -> bool:
    """Whether a script may find its own file: it says its name or its folder, or asks what it is called."""
    folder, name = posixpath.split(target)
    return any(text in script for text in (name, folder, *_OF_ITSELF))


def _links(command: Located) -> bool:
    """Whether it may make a hard link, which is not possible from a mount: `cp -l`, `ln`."""
    options = [word.literal_or_text for word in command.words[1:] if word.text.startswith("-")]
    short = "".join(option for option in options if not option.startswith("--"))
    name = program_name(command.words[0]) if command.words else ""
    return name == "ln" or (name == "cp" and ("l" in short or "--link" in options))


def _is_near(path: str, target: str) -> bool:
    return not path.startswith("/") or overlaps(path, target)

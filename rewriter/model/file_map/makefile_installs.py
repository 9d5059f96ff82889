"""`make deps`, where that target of the Makefile only installs what a project needs."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.makefile import Unfollowed, recipe
from dfix.rewriter.knowledge import project_install, usage
from dfix.rewriter.model.commands import Located, chain
from dfix.rewriter.model.file_map.file_map import FileMap
from dfix.rewriter.model.file_map.install_reads import ProjectInstall, view_from
from dfix.rewriter.shell.nodes import Command, Word
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import invoked, program_name

_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
"""The names that GNU make looks for, in its order."""


def installs_of_make(file_map: FileMap, make: Located) -> tuple[ProjectInstall, ...]:
    """The installs that a command starts through `make`. None where it is no make, or one that installs nothing.

    Raises LeaveAlone where the target does more.
    """
    if not make.words or program_name(make.words[0]) != "make":
        return ()
    target = _target(make)
    context = view_from(file_map, make.folder or "?")
    folder = context.folder
    if target is None:
        return ()
    path = _makefile(context, folder)
    # make would take a file of the target's name for the result of the target
    if path is None or context.exists(posixpath.join(folder, target)):
        return ()
    lines = recipe(context.read(path) or "", target)
    if isinstance(lines, Unfollowed):
        return ()
    installs: list[ProjectInstall] = []
    others: list[str] = []
    for line in lines:
        words = _plain_command(line)
        install = project_install(words)
        if install is not None:
            manager, arguments, reader = install
            installs.append(ProjectInstall(make, manager, (), reader, arguments, posixpath.basename(path)))
        elif line and not _reads_no_file(words):
            others.append(line)
    if installs and others:
        hint = "move the install to a target of its own, and run that before the sources are copied"
        raise LeaveAlone("makefile", f"{path}: `make {target}` also runs `{others[0][:60]}`", hint)
    return tuple(installs)


def _target(make: Located) -> str | None:
    """The target, where it is the only word after `make`: no options and no variables."""
    words = [word.value for word in make.words[1:]]
    target = words[0] if len(words) == 1 else None
    return None if target is None or target.startswith("-") or "=" in target else target


def _makefile(context: Context, folder: str) -> str | None:
    paths = (posixpath.join(folder, name) for name in _MAKEFILES)
    return next((path for path in paths if context.ships(path)), None)


def _plain_command(line: str) -> tuple[Word, ...]:
    """The words of a line that is one command without redirects; none for anything else."""
    parts = chain(parse(line, 0, line))
    if parts is None or len(parts) != 1 or not isinstance(parts[0], Command) or parts[0].redirects:
        return ()
    return invoked(parts[0])


def _reads_no_file(words: tuple[Word, ...]) -> bool:
    """Whether a command only prints, or installs packages by their names (`pip install --upgrade pip`)."""
    used = usage(words)
    if used is None or used.verb != "install" or not used.operands:
        return bool(words) and program_name(words[0]) in ("echo", "true", ":")
    return all("/" not in word.text and not word.text.startswith(".") for word in used.operands)

"""`make deps`, where the target of the Makefile does nothing but install what a project needs."""

from __future__ import annotations

import posixpath

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.makefile import Unfollowed, recipe
from dfix.rewriter.knowledge import project_install, usage
from dfix.rewriter.model.commands import Located, chain, located
from dfix.rewriter.model.copied import copied
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.nodes import Command, Word
from dfix.rewriter.shell.parse import parse
from dfix.rewriter.shell.walk import invoked, program_name
from dfix.transforms.split_manifests.installs import InstallRun, ProjectInstall
from dfix.transforms.split_manifests.moved_copies import context_folder

_NAMES = ("GNUmakefile", "makefile", "Makefile")


def make_run(context: Context, copies: list[Step], step: Step) -> InstallRun | None:
    """The installs that a RUN's `make` stands for. None where it runs no make, or one that installs nothing."""
    written = step.instruction.text[step.instruction.span.start : step.instruction.span.end]
    if "make" not in written:
        return None
    commands = located(step, conditions=True)
    make = next((one for one in commands if one.words and program_name(one.words[0]) == "make"), None)
    if make is None:
        return None
    target = _target(make)
    folder = context_folder([copied(copy, context) for copy in copies], make.folder or "?")
    path = None if folder is None else _makefile(context, folder)
    if path is None or target is None or folder is None:
        return None
    if context.exists(posixpath.join(folder, target)):  # for make, a file of that name is what the target makes
        return None
    lines = recipe(context.read(path) or "", target)
    if isinstance(lines, Unfollowed):
        return None
    installs: list[ProjectInstall] = []
    strange = ""
    for line in lines:
        words = _simple(line)
        found = project_install(words)
        if found is not None:
            manager, arguments, reader = found
            installs.append(ProjectInstall(make, manager, (), reader, arguments, posixpath.basename(path)))
        elif not _by_name(words):
            strange = strange or line
    if not installs:
        return None
    if strange:
        hint = "give the install a target of its own, and run that before the sources are copied"
        raise LeaveAlone("makefile", f"{path}: `make {target}` runs `{strange[:60]}` too", hint)
    return InstallRun(step, commands, tuple(installs), chain(step.script) is not None)


def _target(make: Located) -> str | None:
    """The only word behind `make`: no options, no variables."""
    words = [word.value for word in make.words[1:]]
    target = words[0] if len(words) == 1 else None
    return None if target is None or target.startswith("-") or "=" in target else target


def _makefile(context: Context, folder: str) -> str | None:
    paths = (posixpath.join(folder, name) for name in _NAMES)
    return next((path for path in paths if context.ships(path)), None)


def _simple(line: str) -> tuple[Word, ...]:
    """The words of a line that is one plain command; none for anything else."""
    parts = chain(parse(line, 0, line))
    if parts is None or len(parts) != 1 or not isinstance(parts[0], Command) or parts[0].redirects:
        return ()
    return invoked(parts[0])


def _by_name(words: tuple[Word, ...]) -> bool:
    """Whether it installs packages by their names, which reads no file: `pip install --upgrade pip`."""
    found = usage(words)
    if found is None or found.verb != "install" or not found.operands:
        return bool(words) and program_name(words[0]) in ("echo", "true", ":")
    return all("/" not in word.text and not word.text.startswith(".") for word in found.operands)

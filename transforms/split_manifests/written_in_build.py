"""An install reads a file that no COPY brings, because an earlier command of the build writes it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import takewhile

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.new_manifests import new_manifests
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.file_map.install_reads import ProjectInstall
from dfix.rewriter.model.paths import resolve, within
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.installs import InstallRun

_EVERYWHERE = frozenset(("-g", "--global"))
_ADDRESSES = ("http://", "https://", "ftp://")


def check_written(run: InstallRun, install: ProjectInstall, path: str) -> None:
    """Raises LeaveAlone where an earlier command of the build writes the image path, which `install` reads."""
    for step, command in _earlier(run, install):
        if _may_write(step, command, path):
            line = step.instruction.line
            name, place = posixpath.basename(path), f" on line {line}" if step is not run.step else ""
            reason = f"`{install.shown}` reads {name}, which `{shown(command)}`{place} writes during the build"
            program = program_name(command.words[0])
            hint = f"copy what `{program}` reads, if anything, run both commands, then copy the sources"
            raise LeaveAlone("written-in-build", reason, hint)


def _earlier(run: InstallRun, install: ProjectInstall) -> Iterator[tuple[Step, Located]]:
    """The commands before an install, the last one first, each with its RUN."""
    own = takewhile(lambda command: command.command is not install.located.command, run.commands)
    found = [(step, c) for step in steps_before(run.step) if step.keyword == "RUN" for c in located(step)]
    found += [(run.step, command) for command in own]
    return ((step, command) for step, command in reversed(found) if command.words)


def _may_write(step: Step, command: Located, path: str) -> bool:
    """Whether a command writes the file, as far as its words and redirects tell."""
    program = program_name(command.words[0])
    if program in of_kind("removes") | of_kind("folder") - of_kind("replaces"):
        return False
    if id(command) not in step.effects_by_command:
        step.effects_by_command[id(command)] = command, effects(command)
    _, found = step.effects_by_command[id(command)]
    if any(path == place.path for place in found.writes):
        return True
    texts = [word.literal_or_text for word in command.words]
    if _EVERYWHERE.isdisjoint(texts):
        known = (new_manifests().get(name, ()) for name in (program, f"{program} {''.join(texts[1:2])}"))
        made = {file for files in known for file in files}
        made |= {posixpath.basename(text) for text in texts if text.startswith(_ADDRESSES)}
        if any(resolve(command.folder, file) == path for file in made):
            return True
    if texts[:2] == ["git", "clone"]:
        into = resolve(
            command.folder, posixpath.basename(texts[-1]).removesuffix(".git") if ":" in texts[-1] else texts[-1]
        )
        return into is not None and within(path, into)
    named = (part for text in texts[1:] for part in (text, text.partition("=")[2]) if part)
    return bool(found.anything) and any(resolve(command.folder, part) == path for part in named)

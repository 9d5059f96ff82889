"""Whether a folder of the image is there before a step: for certain, for certain not, or perhaps."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.official_folders import is_in_base, is_missing_in_base
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects import Place


def may_be_near(place: Place, paths: Iterable[str]) -> bool:
    """Whether what a command names may be at one of the paths, below or above it."""
    return not place.path.startswith("/") or any(overlaps(place.path, path) for path in paths)


def exists(path: str, step: Step) -> bool:
    """Whether a path is there for certain when a step runs."""
    there = is_in_base(step.stage, path)
    for earlier in steps_before(step):
        if earlier.keyword in ("COPY", "ADD"):
            destination = earlier.destination
            there = there or (destination is not None and within(destination, path))
        elif earlier.keyword == "RUN":
            for command in located(earlier):
                program = program_name(command.words[0]) if command.words else ""
                if program == "mkdir" and not command.depth:
                    there = there or any(within(place.path, path) for place in effects(command).writes)
                elif program == "mv" or program in of_kind("removes"):
                    there = there and not any(_removes(place, path) for place in effects(command).writes)
        there = there or (earlier.workdir is not None and within(earlier.workdir, path))
    return there or (step.workdir is not None and within(step.workdir, path))


def _removes(place: Place, folder: str) -> bool:
    """Whether a command that removes what a word names may remove a folder: `rm -rf /tmp/*` leaves /tmp."""
    return within(folder, place.path) and not (place.path == folder and "*" in place.shown)


def is_missing(path: str, step: Step) -> str:
    """Why it is not certain that nothing is at a path when a step runs, as a clause; "" if it is."""
    if not is_missing_in_base(step.stage, path):
        return f"dfix does not know whether {step.stage.base.image} has {path}"
    return made_before(path, step)


def made_before(path: str, step: Step, context: Context | None = None, *, by_name: bool = False) -> str:
    """Which step of the file may put something to a path before a step runs, as a clause; "" for none.

    With a `context`, of a COPY it counts which files that brings. With `by_name`, an unknown program only makes a file
    whose name it is told.
    """
    for earlier in steps_before(step):
        if earlier.keyword in ("COPY", "ADD"):
            destination = earlier.destination or "?"
            if not destination.startswith("/") or (overlaps(destination, path) and _may_bring(earlier, path, context)):
                return f"the {earlier.keyword} on line {earlier.instruction.line} may copy to {path}"
        elif earlier.keyword == "RUN":
            if earlier.script.opaque and (not by_name or posixpath.basename(path) in earlier.source_text):
                return f"the RUN on line {earlier.instruction.line} may make {path}"
            for command in located(earlier, conditions=True):
                told = not by_name or posixpath.basename(path) in earlier.source_text
                if _may_make(command, path, told=told):
                    return f"`{effects(command).shown}` on line {earlier.instruction.line} may make {path}"
    return ""


def _may_bring(copy: Step, path: str, context: Context | None) -> bool:
    brought = None if context is None or copy.instruction.flag("from") else copied(copy, context)
    return not isinstance(brought, Copied) or brought.brought.context_path_of(path) is not None


def _may_make(command: Located, path: str, *, told: bool) -> bool:
    if command.words and usage(command.words) is not None:
        return command.folder is None or within(command.folder, path)
    if command.words and program_name(command.words[0]) in of_kind("removes") and not command.command.redirects:
        return False
    found = effects(command)
    return (told and bool(found.anything)) or any(_may_be_at(place, path) for place in found.writes)


def _may_be_at(place: Place, path: str) -> bool:
    """Whether a place that is made may be a path or above it; in an unknown home, it has to have one of its names."""
    if place.path.startswith(ELSEWHERE):
        return place.path[len(ELSEWHERE) :].partition("/")[0] in path.split("/")
    return may_be_near(place, (path,))


def link_made(path: str, step: Step) -> str:
    """The command before a step that makes a link at a path, below it or above it; "" for none."""
    for command in _commands_before(step):
        if command.words and program_name(command.words[0]) == "ln":
            found = effects(command)
            if any(may_be_near(place, (path,)) for place in found.writes):
                return found.shown
    return ""


def _commands_before(step: Step) -> Iterator[Located]:
    for earlier in steps_before(step):
        if earlier.keyword == "RUN":
            yield from located(earlier)

"""Instructions that read the cache folder, or put files into it, which a mount would hide."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.cache_folders import relation
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.values_in_force import filled, values_in_force
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word
    from dfix.transforms.cache_mounts.cache_places import CacheFolder
    from dfix.transforms.cache_mounts.cached_run import SharedCache

_NEED_NO_FILES = frozenset(("echo", "printf", "mkdir", "cd", "export", "test", "[", "ls", "pwd"))
DOCKER_CLEAN = "/etc/apt/apt.conf.d/docker-clean"


def paths_of(step: Step, command: Located, word: Word, defaults: dict[str, str]) -> Iterator[str]:
    """The paths that a word may name, absolute where that is known."""
    text = word.literal_or_text.replace('"', "").replace("'", "")
    if "$" in text:
        text = filled(text, {**defaults, **values_in_force(step, command)})
    if text.startswith("-"):
        text = text.partition("=")[2]
    if not text:
        return
    if text[0] in "/~$":
        yield posixpath.normpath(text)
    elif "/" in text or text[0] == "." or command.folder:
        yield posixpath.normpath(posixpath.join(command.folder or "?", text))


def related(step: Step, command: Located, cache: SharedCache, folders: list[str]) -> str:
    """The first word of a command that names a cache folder, or a folder above it that the command goes through."""
    words = command.words
    program = program_name(words[0]) if words else ""
    redirects = [redirect.target for redirect in command.command.redirects if redirect.target is not None]
    for word in (*words[1:], *redirects):
        for path in paths_of(step, command, word, cache.mount.defaults):
            for folder in folders:
                found = relation(path, folder)
                if found == "within" or (found == "above" and program in of_kind("whole-folders") | {"cd"}):
                    return word.text
    return ""


def not_named(cache: SharedCache, folders: list[str], allowed: set[int]) -> None:
    """Raise LeaveAlone for a command that names a cache folder, except those that the change removes (`allowed`)."""
    mounted = {run.step for run in cache.runs}
    for step in (step for stage in cache.stages for step in stage.steps if step.keyword == "RUN"):
        if step.script.opaque:
            _not_in_text(cache, step, folders)
            continue
        for command in cache.run_index.of(step).commands:
            program = program_name(command.words[0]) if command.words else ""
            if id(command.command) in allowed or (program in _NEED_NO_FILES and not _enters_home(command)):
                continue
            word = related(step, command, cache, folders)
            if not word or (program == "rm" and step not in mounted and _forced(command)):
                continue
            what = f"`{program} {word}`" if program != word else f"`{word}`"
            line, name = step.instruction.line, cache.manager.name
            told = f"{what} on line {line} uses {name}'s cache, which a mount keeps out of the image"
            raise LeaveAlone("needed-later", told)


def _enters_home(command: Located) -> bool:
    """Whether it is a `cd` to a folder of the home, where dfix does not follow the names that come after it."""
    words = command.words
    return program_name(words[0]) == "cd" and any(
        word.text.startswith(("~/", "$HOME/", "${HOME}/")) for word in words[1:]
    )


def _forced(command: Located) -> bool:
    return any(word.text == "--force" or (word.text[:1] == "-" and "f" in word.text) for word in command.words[1:])


def _not_in_text(cache: SharedCache, step: Step, folders: list[str]) -> None:
    """Raise LeaveAlone for a RUN that dfix cannot read and that names the manager or a folder."""
    text = step.source_text
    names = (*sorted(cache.manager.commands, reverse=True), *(folder.lstrip("~/") for folder in folders))
    named = next((name for name in names if name in text), "")
    if named:
        told = f"the RUN on line {step.instruction.line} names {named}, and {step.script.opaque}"
        raise LeaveAlone("unread-script", told, "write it as an ordinary script of the shell")


def not_copied(cache: SharedCache, folders: list[CacheFolder], *, kept: tuple[str, ...]) -> None:
    """Raise LeaveAlone for a COPY, ADD or mount that takes files from the folders, or puts some there.

    `kept` are other files of the stage that nothing may take.
    """
    names = {name for stage in cache.stages for name in (stage.name, str(stage.index)) if name is not None}
    guarded = [*(folder.written for folder in folders), *kept]
    for step in (step for stage in cache.model.stages for step in stage.steps):
        line = step.instruction.line
        for name, path in _taken(step):
            if name in names and (path == "/" or any(relation(path, folder) for folder in guarded)):
                told = f"line {line} copies {path} from this stage, where {cache.manager.name}'s cache is"
                raise LeaveAlone("needed-later", told)
        if step.stage in cache.stages and step.keyword in ("COPY", "ADD") and step.destination is not None:
            for folder in folders:
                if _may_put(cache, step, step.destination, folder.path):
                    told = (
                        f"the {step.keyword} on line {line} may put files into {folder.path}, which a mount would hide"
                    )
                    raise LeaveAlone("needed-later", told)


def _may_put(cache: SharedCache, step: Step, target: str, folder: str) -> bool:
    """Whether a COPY may bring files into a folder that its destination is, or contains."""
    if within(target, folder):
        return True
    if not cache.mount.needed or cache.mount.updates_first or not within(folder, target):
        return False
    context = cache.model.context if step.instruction.flag("from") is None else None
    below = posixpath.relpath(folder, target)
    for source in step.sources:
        if source is None:
            return True
        path = posixpath.normpath(source).lstrip("/")
        name = posixpath.basename(path)
        if context is None or "*" in path:  # a name with a suffix is that of a file, which has nothing below it
            if "." not in name.strip(".") or "*" in path:
                return True
        elif not context.ships(path) and context.ships_any(posixpath.normpath(posixpath.join(path, below))):
            return True
    return False


def _taken(step: Step) -> Iterator[tuple[str, str]]:
    """The stages or images that a step takes something from, in lower case, with the paths."""
    if step.keyword in ("COPY", "ADD"):
        from_ = step.instruction.flag("from")
        if from_ is not None and from_.value is not None:
            for word in step.instruction.words[:-1]:
                path = step.expand(word.text) or word.text
                yield from_.value.lower(), posixpath.normpath(f"/{path.lstrip('/')}")
    elif step.keyword == "RUN":
        for mount in step.mounts:
            if mount.from_ is not None:
                yield mount.from_.lower(), posixpath.normpath(f"/{(mount.source or '').lstrip('/')}")

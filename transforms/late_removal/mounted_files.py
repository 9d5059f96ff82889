"""Which copied files a RUN only reads and then removes, so that it can mount them instead."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.model.commands import chain, located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.images import repository
from dfix.rewriter.model.paths import overlaps, resolve
from dfix.rewriter.model.stage import METADATA
from dfix.rewriter.neighbours.folders import exists, is_missing, made_before
from dfix.rewriter.neighbours.run_summary import unreadable
from dfix.rewriter.shell.nodes import Command
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.late_removal.reading import check_commands, check_removal

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Stage, Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word

_SYNTAX = expression(
    r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(?:1(?:\.(?:[2-9]|[1-9]\d)(?:\.\d+)?)?|labs|master)(?:-labs)?"
)
"""Versions of the Dockerfile syntax with `RUN --mount` (1.2 and later)."""
_HINT = 'begin the file with `# syntax=docker/dockerfile:1`, or set target = "buildkit"'
_EMPTY = frozenset(("/tmp", "/var/tmp", "/root"))
"""Folders in which official images have nothing but hidden files."""
_OF_OTHERS = expression(r"[/$]|^(?:scratch)?$")
"""What the name of an image has that is not an official one."""
_PLAIN_NAME = expression(r"[\w./:-]+")
_PLAIN = expression(r"[\w./@+-]+")
"""Paths that need no quotes in the value of --mount."""


class MountedFile(NamedTuple):
    """A file that a RUN mounts, which does not have to be copied any more."""

    copy: Step
    run: Step
    source: str
    """Its path in the build context, or in another stage."""
    target: str
    """Its path in the image."""
    removal: Command
    """The `rm` of it, an element of the RUN's chain."""
    word: Word
    """The word of the `rm` that names it."""
    shown: str
    """The `rm` as the author wrote it."""


class StaysCopied(NamedTuple):
    """A file that stays copied, and why."""

    run: Step
    reason: Reason


def mounted_files(model: Model, stage: Stage) -> Iterator[MountedFile | StaysCopied]:
    """The files of a stage that a RUN can mount, at most one for each RUN, and why others stay copied."""
    for copy in stage.steps:
        if copy.keyword != "COPY" or copy.onbuild:
            continue
        run = next((step for step in stage.steps[copy.index + 1 :] if step.keyword not in METADATA), None)
        if run is None or run.keyword != "RUN" or run.onbuild or unreadable(run) is not None:
            continue
        found = attempt(_mounted, model, copy, run)
        if isinstance(found, Reason):
            yield StaysCopied(run, found)
        elif found is not None:
            yield found


def may_mount(model: Model) -> bool:
    """Whether the builder is known to have `RUN --mount`: by the settings, or by the file's syntax line."""
    if model.target:
        return model.target == "buildkit"
    return _SYNTAX.fullmatch(model.tree.directive("syntax") or "") is not None


def _mounted(model: Model, copy: Step, run: Step) -> MountedFile | None:
    """The file of a COPY that the RUN after it removes; None if it removes none.

    Raises LeaveAlone where the file has to stay copied.
    """
    target = _target(copy)
    removal = None if target is None else _removal(run, target)
    if target is None or removal is None:
        return None
    command, word = removal
    what = f"`{shown(command)}`"
    line = copy.instruction.line
    check_removal(command, word, target)
    if not may_mount(model):
        reason = f"{what} frees no space, and dfix does not know whether the builder has bind mounts"
        raise LeaveAlone("mount", reason, _HINT)
    source = (
        _source_of_stage(copy, command) if copy.instruction.flag("from") else _source_of_context(model, copy, target)
    )
    if not all(map(_PLAIN.fullmatch, (source, target))):
        raise LeaveAlone("unclear-copy", f"a path of the COPY on line {line} has unusual characters")
    if any(mount.kind != "bind" or mount.target is None or overlaps(mount.target, target) for mount in run.mounts):
        raise LeaveAlone("mount", f"the RUN on line {run.instruction.line} has a mount already")
    if any(span.start < command.command.span.start for span in run.instruction.comments):
        raise LeaveAlone("comment", f"a comment in the RUN may be about {what}", "move the comment above the RUN")
    _check_place(model, copy, target)
    script = "" if copy.instruction.flag("from") or model.context is None else model.context.read(source) or ""
    check_commands(run, command, target, script)
    return MountedFile(copy, run, source, target, command.command, word, shown(command))


def _source_of_context(model: Model, copy: Step, target: str) -> str:
    """The one file of the build context that a COPY brings to a path. Raises LeaveAlone where it is not certain."""
    line = copy.instruction.line
    if model.context is None:
        raise LeaveAlone("no-context", "the build context is unknown", "name its folder with --context")
    brought = copied(copy, model.context)
    if copy.instruction.flags:
        raise LeaveAlone("unclear-copy", f"the COPY on line {line} has a flag")
    if not isinstance(brought, Copied) or len(brought.brought.entries) != 1 or brought.brings_a_folder:
        raise LeaveAlone("unclear-copy", f"the COPY on line {line} is not known to bring one file")
    (entry,) = brought.brought.entries
    is_link = model.context.is_link(copy.sources[0] or "") or model.context.followed(entry.source) != entry.source
    if is_link or entry.image != target:
        raise LeaveAlone("unclear-copy", f"the COPY on line {line} follows a link")
    return entry.source


def _source_of_stage(copy: Step, removal: Located) -> str:
    """The file of another stage that a COPY brings. Raises LeaveAlone where it may be a folder."""
    line = copy.instruction.line
    flag = copy.instruction.flag("from")
    name = (flag.value if flag is not None else None) or ""
    if len(copy.instruction.flags) > 1 or name.isdigit() or not _PLAIN_NAME.fullmatch(name):
        raise LeaveAlone("unclear-copy", f"the COPY on line {line} has another flag, or does not name its stage")
    options = "".join(word.text for word in removal.words[1:] if word.text.startswith("-"))
    if "r" in options or "R" in options:
        raise LeaveAlone("unclear-copy", f"the COPY on line {line} is not known to bring one file")
    return resolve("/", copy.sources[0] or "") or "/"


def _target(copy: Step) -> str | None:
    """The image path of the one file that a COPY may bring; None for other copies."""
    instruction = copy.instruction
    destination = copy.destination
    if instruction.heredocs or len(instruction.words) != 2 or destination is None:
        return None
    (source,) = copy.sources
    if source is None or not destination.startswith("/"):
        return None
    written = instruction.words[-1].text
    is_folder = written.endswith("/") or posixpath.basename(written) in (".", "..")
    return posixpath.join(destination, posixpath.basename(source)) if is_folder else destination


def _removal(run: Step, target: str) -> tuple[Located, Word] | None:
    """The `rm` of a path that is an element of the RUN's chain, and the word that names it; not the first element."""
    elements = chain(run.script)
    for command in located(run) if elements is not None and len(elements) > 1 else ():
        if command.depth or not command.words or program_name(command.words[0]) != "rm" or not command.part:
            continue
        operands = [word for word in command.words[1:] if not word.text.startswith("-")]
        for word in operands:
            if word.value is not None and named_by(command, word) == target:
                return command, word
    return None


def _check_place(model: Model, copy: Step, target: str) -> None:
    """Raise LeaveAlone unless the folder is there without the COPY, and nothing is at the path."""
    folder, name = posixpath.split(target)
    line = copy.instruction.line
    if folder != "/tmp" and not exists(folder, copy):
        reason = f"the COPY on line {line} may make {folder}, which would not be there without it"
        raise LeaveAlone("unknown-folder", reason, "set WORKDIR to it, or copy to /tmp")
    image = repository(copy.stage.base.image)[0]
    is_empty = folder in _EMPTY and not name.startswith(".") and not _OF_OTHERS.search(image)
    taken = made_before(target, copy, model.context, by_name=True) if is_empty else is_missing(target, copy)
    if taken:
        raise LeaveAlone("unknown-folder", f"{taken}, which the RUN removes today")

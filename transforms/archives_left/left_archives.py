"""The archives that a RUN downloads and unpacks, and that stay in its layer."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone, Reason
from dfix.rewriter.layout.chain import after_part
from dfix.rewriter.model.commands import chain, located
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.archives_left.downloads import downloaded, text_of, unpacked
from dfix.transforms.archives_left.later_text import LaterText, has_pattern_for, removes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.context.folder import Context
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.text.source import Edit

_MOVES = frozenset(("cd", "pushd", "popd"))
_SETS = frozenset(("export", "read", "declare", "local", "readonly", "eval", "source", ".", "unset", "set"))
_SCRIPTS = (".sh", ".bash", ".mk", "Makefile")
_VENDORED = frozenset(("node_modules", "vendor", ".git"))
_MOST_FILES = 2000
_LARGEST = 100_000
_MOST_DOWNLOADS = 50
"""Of one RUN: each is compared with the commands after it."""


class LeftArchive(NamedTuple):
    """An archive that the layer keeps."""

    step: Step
    archive: str
    """Its path, as the unpacking command names it."""
    unpacks: str
    edit: Edit


class ArchiveStays(NamedTuple):
    """A RUN that unpacks an archive, and why that stays."""

    step: Step
    reason: Reason


def left_archives(model: Model, later: LaterText, step: Step) -> Iterator[LeftArchive | ArchiveStays]:
    """The archives of a RUN that it downloads, unpacks and leaves behind, and why others stay."""
    commands = located(step)
    names = ((index, downloaded(command)) for index, command in enumerate(commands))
    for index, name in islice(((index, name) for index, name in names if name is not None), _MOST_DOWNLOADS):
        last = _last_unpacking(commands[index:], name)
        if last is None or _is_mounted(step, commands[last + index]):
            continue
        try:
            found = _left(model, later, step, commands, last + index)
        except LeaveAlone as no:
            yield ArchiveStays(step, no.reason)
            continue
        if found is not None:
            yield found


def _last_unpacking(commands: Sequence[Located], name: str) -> int | None:
    """The index of the last command that unpacks what the first one downloads."""
    found = None
    for index, command in enumerate(commands[1:], 1):
        word = unpacked(command)
        text = None if word is None else text_of(word)
        if text is not None and _same(commands[: index + 1], name, text):
            found = index
    return found


def _same(commands: Sequence[Located], name: str, text: str) -> bool:
    """Whether the last command names the file that the first one names."""
    first, *between, last = commands
    if "$" in name and any(_may_set(command) for command in between):
        return False
    if name.startswith(("/", "$", "~")) or text.startswith(("/", "$", "~")):
        return name == text or (None not in (first.folder, last.folder) and _path(first, name) == _path(last, text))
    if first.folder is not None and last.folder is not None:
        return posixpath.join(first.folder, name) == posixpath.join(last.folder, text)
    return name == text and not any(program_name(command.words[0]) in _MOVES for command in between if command.words)


def _path(command: Located, text: str) -> str:
    return text if text.startswith(("$", "~")) else posixpath.normpath(posixpath.join(command.folder or "?", text))


def _may_set(command: Located) -> bool:
    return bool(command.command.assigns) or (bool(command.words) and program_name(command.words[0]) in _SETS)


def _left(model: Model, later_text: LaterText, step: Step, commands: Sequence[Located], at: int) -> LeftArchive | None:
    """The archive that a command unpacks, if nothing removes it. Raises LeaveAlone where something may use it later."""
    command = commands[at]
    word = unpacked(command)
    assert word is not None
    text = text_of(word) or ""
    name = posixpath.basename(text)
    for later in commands[at + 1 :]:
        if _may_remove(later, command, text, name):
            return None
        if any(name in one.text for one in later.words):
            raise LeaveAlone("needed-later", f"`{shown(later)}` uses {text} after it is unpacked")
    rest = step.instruction.text[command.command.span.end : step.instruction.span.end]
    if has_pattern_for(rest, name):
        raise LeaveAlone("needed-later", f"a pattern after `{shown(command)}` is also for {text}")
    if chain(step.script) is None or command.depth:
        reason = f"`{shown(command)}` is part of more than a chain of `&&`"
        raise LeaveAlone("not-a-chain", reason, f"remove {text} in the same RUN, after it is unpacked")
    if later_text.is_removed(step, name):
        return None  # late-removal says that both belong into one RUN
    _check_later(model, later_text, step, name)
    edit = after_part(step.instruction, step.script, command.part, f"rm -f {word.text}")
    return LeftArchive(step, text, shown(command), edit)


def _may_remove(later: Located, unpacking: Located, text: str, name: str) -> bool:
    """Whether a later command of the RUN removes or moves the archive, or may do so."""
    if not later.words or not removes(later.words[0]):
        return False
    operands = [word.text.strip("\"'") for word in later.words[1:] if not word.text.startswith("-")]
    if any(name in operand or set("*?[$`") & set(operand) for operand in operands):
        return True
    if later.folder is None or unpacking.folder is None or text.startswith(("$", "~")):
        return True
    archive = _path(unpacking, text)
    return any(overlaps(_path(later, operand), archive) for operand in operands)


def _is_mounted(step: Step, command: Located) -> bool:
    """Whether the archive may be in a mount, so that the layer does not keep it."""
    word = unpacked(command)
    path = _path(command, (word and text_of(word)) or "")
    mounts = (one for one in step.mounts if one.kind in ("bind", "cache", "tmpfs"))
    return any(one.target is None or not path.startswith("/") or overlaps(one.target, path) for one in mounts)


def _check_later(model: Model, later_text: LaterText, step: Step, name: str) -> None:
    """Raise LeaveAlone where a later instruction, another stage, or a script of the build context names the archive."""
    user = later_text.user(step, name)
    if user is not None:
        raise LeaveAlone("needed-later", f"line {user.instruction.line} may use {name}, too")
    path = "" if model.context is None else _script_that_names(model.context, name)
    if path:
        raise LeaveAlone("needed-later", f"the script {path} names {name}")


def _script_that_names(context: Context, name: str) -> str:
    paths = (one for one in context.some_without(_VENDORED, _MOST_FILES) if one.endswith(_SCRIPTS))
    return next((path for path in paths if name in (context.read(path, _LARGEST) or "")), "")

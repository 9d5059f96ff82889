"""The files that a command finds before and after the rewrite: it may read none of those that differ."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.brought import Brought
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.load import lock_names
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import has_mode
from dfix.rewriter.model.effects import effects, is_named, only_adds
from dfix.rewriter.model.effects.added_mode import added_mode
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.given_owner import given_owner
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.model.file_map import FileMap, Hidden, ImageFile
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.pipeline.guards.kept_copies import same_order
from dfix.rewriter.pipeline.guards.order import RunCommand, install_of
from dfix.rewriter.pipeline.guards.stage_pair import Pair, WrongError, file_map, line_of
from dfix.rewriter.pipeline.guards.trace import Put, in_home_of_root, lasting
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model.file_map.install_reads import Needed, ProjectInstall


class Differences(NamedTuple):
    """What a command finds before and after the rewrite, where that differs."""

    puts: tuple[Put, ...]
    """Those that count before or after, but not in both."""
    first: FileMap
    second: FileMap


def differences_of(pair: Pair, at: int, other: int, context: Context) -> Differences | None:
    """What two commands find; None if it is the same."""
    before, after = pair
    first = [before.puts[index] for index in lasting(before.puts[:at], context)]
    second = [after.puts[index] for index in lasting(after.puts[:other], context)]
    same, same_after = ({put.same() for put in puts} for puts in (first, second))
    one_sided = [put for put in first if put.same() not in same_after]
    one_sided += [put for put in second if put.same() not in same]
    if not one_sided:
        same_order(first, second, context)
        return None
    return Differences(tuple(one_sided), file_map(before, at, context), file_map(after, other, context))


def check_command(ran: RunCommand, differences: Differences) -> None:
    """Raises WrongError unless a command is sure to do the same with the files that it finds now."""
    line = f"line {ran.step.instruction.line}"
    if ran.command is None:
        raise WrongError(f"the RUN on {line} may read what {line_of(differences.puts[0])} brings")
    install = _install(ran.command)
    if install is not None:
        _check_install(install, differences, f"`{shown(ran.command)}` on {line}")
        return
    if given_owner(ran.command) is not None:
        return  # which owners the files have at the end is compared
    if _changes_no_mode(ran.command, differences):
        return
    found = effects(ran.command)
    if found.anything and _check_make(ran.command, differences, line):
        return
    if found.anything:
        raise WrongError(f"`{found.shown}` on {line} may read what {line_of(differences.puts[0])} brings")
    for put in differences.puts:
        places = [place for place in found.reads if not _same_file(differences, place.path)]
        places += [] if only_adds(ran.command) else found.writes
        for place in places:
            path = in_home_of_root(ran.step, place.path)
            if _touches(differences, put, path, named=is_named(ran.command, place)):
                what = f"{place.verb} {place.shown}, where {line_of(put)} puts files"
                raise WrongError(f"`{found.shown}` on {line} {what}")


def _changes_no_mode(command: Located, differences: Differences) -> bool:
    """Whether a command is a `chmod +x` of files that are the same before and after, and executable already."""
    added = added_mode(command)
    if added is None:
        return False
    for path in added.paths:
        was, now = differences.first.at(path), differences.second.at(path)
        if not isinstance(was, ImageFile) or not isinstance(now, ImageFile):
            return False
        if not _same(was, now, differences.first.context) or not has_mode(now.copy, now.source, added.bits):
            return False
    return True


def _check_make(command: Located, differences: Differences, line: str) -> bool:
    """Whether the command is a `make` that only installs. Raises WrongError if such an install finds other files."""
    from dfix.rewriter.model.file_map.makefile_installs import installs_of_make

    installs = attempt(installs_of_make, differences.first, command)
    if isinstance(installs, Reason):
        return False
    for install in installs:
        _check_install(install, differences, f"`{shown(command)}` on {line}")
    return bool(installs)


def _install(command: Located) -> ProjectInstall | None:
    """The install of a command that reads a project's manifests, or that fetches what a build needs."""
    found = install_of(command)
    if found is None:
        return None
    from dfix.rewriter.model.file_map.install_reads import ProjectInstall  # with the readers, which few files need

    return ProjectInstall(command, *found)


def _check_install(install: ProjectInstall, differences: Differences, what: str) -> None:
    from dfix.rewriter.model.file_map.install_reads import reads_of_install

    try:
        read = reads_of_install(differences.first, install)
    except LeaveAlone as no:
        if no.reason.code == "lock-rewritten" and not install.lock_stays:
            _check_rewritten_lock(install, differences, what, no)
            return
        raise WrongError(f"{what} finds other files than before ({no.reason.text})") from None
    _same_inputs(read, differences.second, what)
    for folder in read.folders:
        now = (copy.brought.context_folder_at(folder.path) for copy in differences.second.copies)
        if folder.source not in now:
            raise WrongError(f"{what} finds no {folder.path}")
    for put in differences.puts:
        entry = put.entry
        if entry is not None and not entry.folder:
            was, now_there = differences.first.at(entry.image), differences.second.at(entry.image)
            if isinstance(now_there, ImageFile) and not _same(was, now_there, differences.first.context):
                raise WrongError(f"{what} finds {entry.image}, which was not there")


def _check_rewritten_lock(install: ProjectInstall, differences: Differences, what: str, no: LeaveAlone) -> None:
    """Check an install that may rewrite its lock file: none that a copy brings now after it, or no longer before it."""
    from dfix.rewriter.model.file_map.install_reads import reads_of_install

    staying = install._replace(lock_stays=True)
    _check_install(staying, differences, what)
    for file in reads_of_install(differences.first, staying).files:
        is_lock = posixpath.basename(file.path) in lock_names()
        if is_lock and any(_touches(differences, put, file.path, named=False) for put in differences.puts):
            raise WrongError(f"{what} finds other files than before ({no.reason.text})")


def _same(one: ImageFile | Hidden | None, other: ImageFile | Hidden | None, context: Context) -> bool:
    """Whether both are the same file of the context, links followed: a COPY that names a link copies the file."""
    if not isinstance(one, ImageFile) or not isinstance(other, ImageFile):
        return False
    return one.source == other.source or context.followed(one.source) == context.followed(other.source)


def _same_inputs(read: Needed, there: FileMap, what: str) -> None:
    """Raises WrongError unless each file that is read is the same in another map."""
    for file in read.files:
        if not _same(there.at(file.path), file, there.context):
            raise WrongError(f"{what} finds another {file.path} than {file.source}")


def replaces_one(pair: Pair, gone: Sequence[RunCommand], ran: RunCommand, context: Context) -> bool:
    """Whether a command has other options than one of the same package manager that is gone, and finds the same files.

    Then it lacks nothing, even where no reader knows what it reads.
    """
    manager = _manager(ran)
    same = (one for one in gone if manager and _manager(one) == manager)
    return any(differences_of(pair, pair.before.before(one), pair.after.before(ran), context) is None for one in same)


def check_added(pair: Pair, pairs: Sequence[tuple[RunCommand, RunCommand]], ran: RunCommand, context: Context) -> None:
    """Raises WrongError where a command that was added is an install or a fetch that lacks a file.

    It has to read what the author's next command of the same package manager finds: `go mod download` the go.mod of
    `go build`.
    """
    from dfix.rewriter.model.file_map.install_reads import reads_of_install

    install = _install(ran.command) if ran.command is not None else None
    if install is None:
        return
    what = f"the added `{install.shown}`"
    before, after = pair
    try:
        read = reads_of_install(file_map(after, after.before(ran), context), install._replace(lock_stays=True))
    except LeaveAlone as no:
        raise WrongError(f"{what} lacks what it reads ({no.reason.text})") from None
    order = after.runs.commands
    for one, other in pairs:
        if order.index(other) > order.index(ran) and _manager(one) == install.manager:
            _same_inputs(read, file_map(before, before.before(one), context), what)
            return


def _manager(ran: RunCommand) -> str:
    used = usage(ran.command.words) if ran.command is not None else None
    return "" if used is None else used.manager.name


def _same_file(differences: Differences, path: str) -> bool:
    return _same(differences.first.at(path), differences.second.at(path), differences.first.context)


def _touches(differences: Differences, put: Put, path: str, *, named: bool) -> bool:
    """Whether a copy brings something to an image path.

    To a path that the author `named`, also if it would only do so with such a file in the context: an order that is
    right by chance is wrong.
    """
    if path.startswith(ELSEWHERE):
        return put.entry is None or Brought(differences.first.context, (put.entry,)).brings_somewhere(
            path[len(ELSEWHERE) :]
        )
    if put.entry is None:
        return not put.words or not put.words[-1].startswith("/") or overlaps(put.words[-1], path)
    if within(put.entry.image, path):
        return True
    brought = Brought(differences.first.context, (put.entry,))
    if named and brought.may_come_to(path):
        return True
    return brought.context_path_of(path) is not None or brought.brings_below(path)

"""The files with which the stages of two texts end, and those that their commands find, compared."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.brought import Brought
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.load import lock_names
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import Copied, Unclear, copied, has_mode
from dfix.rewriter.model.effects import effects, is_named, only_adds
from dfix.rewriter.model.effects.added_mode import added_mode
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.given_owner import given_owner
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.model.file_map import FileMap, Hidden, ImageFile
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.pipeline.guards.mounted import without_mounted
from dfix.rewriter.pipeline.guards.order import RunCommand, differing_gaps, install_of, matched
from dfix.rewriter.pipeline.guards.repaired import not_only_repaired
from dfix.rewriter.pipeline.guards.trace import Put, Trace, conflict, in_home_of_root, lasting, trace
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model.file_map.install_reads import Needed, ProjectInstall


class _WrongError(Exception):
    """What is wrong, as a phrase."""


class _Pair(NamedTuple):
    before: Trace
    after: Trace


def difference(before: Model, after: Model, context: Context, *, new_image: bool, repairs: bool) -> str:
    """What is wrong with `after`, as in `same_files`."""
    known: dict[tuple[object, ...], Copied | Unclear] = {}

    def look_up(step: Step) -> Copied | Unclear:
        instruction = step.instruction
        flags = [flag.name for flag in instruction.flags]
        key = (step.keyword, step.workdir, *(step.expand(word.text) for word in instruction.words), *flags)
        if instruction.heredocs or key not in known:
            known[key] = copied(step, context)
        return known[key]._replace(step=step)

    def traces(stages: Iterable[Stage]) -> list[Trace]:
        return _traces(stages, look_up, context)

    try:
        if new_image:
            first, second = ([put for one in traces(model.stages) for put in one.puts] for model in (before, after))
            _nothing_gone(first, second)
            return ""
        if len(before.stages) != len(after.stages):
            raise _WrongError(f"it has {len(after.stages)} stages instead of {len(before.stages)}")
        if repairs:
            stages = zip(traces(before.stages), traces(after.stages), strict=True)
            return next((wrong for pair in stages if (wrong := not_only_repaired(*pair, context))), "")
        changed = _changed(before, after)
        pairs = map(_Pair, traces(one for one, _ in changed), traces(other for _, other in changed))
        for (one, other), pair in zip(changed, pairs, strict=True):
            _check(_Pair(without_mounted(pair.before, one, other), pair.after), context)
    except _WrongError as wrong:
        return str(wrong)
    return ""


def _changed(before: Model, after: Model) -> list[tuple[Stage, Stage]]:
    """The stages that differ, or that build on one that does."""
    changed: list[tuple[Stage, Stage]] = []
    for pair in zip(before.stages, after.stages, strict=True):
        if differing_gaps(*pair) != set() or any(stage.parent in known for stage in pair for known in changed):
            changed.append(pair)
    return changed


def _traces(stages: Iterable[Stage], look_up: Callable[[Step], Copied | Unclear], context: Context) -> list[Trace]:
    """What each of the stages does."""
    found: dict[Stage, Trace] = {}

    def traced(stage: Stage) -> Trace:
        if stage not in found:
            found[stage] = trace(stage, None if stage.parent is None else traced(stage.parent), look_up, context)
        return found[stage]

    return [traced(stage) for stage in stages]


def _check(pair: _Pair, context: Context) -> None:
    """Raises _WrongError where a stage does not end or run with the same files."""
    before, after = pair
    _nothing_gone(before.puts, after.puts)
    _same_end(before.puts, after.puts, context)
    pairs = list(matched(before.runs, after.runs))
    answers: dict[tuple[int, int], _Differences | None] = {}
    for one, other in pairs:
        key = (before.before(one), after.before(other))
        if key not in answers:
            answers[key] = _differences(pair, *key, context)
        if (differences := answers[key]) is not None:
            _check_command(one, differences)
    known = {id(other) for _, other in pairs}
    for ran in after.runs.commands:
        if id(ran) not in known:
            _check_added(pair, pairs, ran, context)


def _nothing_gone(before: Sequence[Put], after: Sequence[Put]) -> None:
    gone = Counter(put.same() for put in before)
    gone.subtract(Counter(put.same() for put in after))
    for put in before:
        if gone[put.same()] > 0:
            raise _WrongError(f"{_line(put)} is gone, or copies something else")


def _same_end(before: Sequence[Put], after: Sequence[Put], context: Context) -> None:
    first = [before[index] for index in lasting(before, context)]
    second = [after[index] for index in lasting(after, context)]
    counts, counts_after = (Counter(put.same() for put in puts) for puts in (first, second))
    for put in first:
        if counts[put.same()] > counts_after[put.same()]:
            raise _WrongError(f"{_line(put)} no longer decides which files are in the image")
    for put in second:
        if counts_after[put.same()] > counts[put.same()]:
            raise _WrongError(f"{_line(put)} of the result puts other files into the image")
    _same_order(first, second, context)


def _same_order(first: Sequence[Put], second: Sequence[Put], context: Context) -> None:
    """Raises _WrongError where two of the same copies change places that put files to the same path."""
    left = [put.same() for put in second]
    ranks = []
    for put in first:
        rank = left.index(put.same())
        left[rank] = ()
        ranks.append(rank)
    for index, put in enumerate(first):
        for earlier in range(index):
            if ranks[earlier] > ranks[index] and conflict(first[earlier], put, context):
                raise _WrongError(f"{_line(put)} no longer overwrites {_line(first[earlier])}")


class _Differences(NamedTuple):
    """What a command finds before and after the rewrite, where that differs."""

    puts: tuple[Put, ...]
    """Those that count before or after, but not in both."""
    first: FileMap
    second: FileMap


def _differences(pair: _Pair, at: int, other: int, context: Context) -> _Differences | None:
    """What two commands find; None if it is the same."""
    before, after = pair
    first = [before.puts[index] for index in lasting(before.puts[:at], context)]
    second = [after.puts[index] for index in lasting(after.puts[:other], context)]
    same, same_after = ({put.same() for put in puts} for puts in (first, second))
    one_sided = [put for put in first if put.same() not in same_after]
    one_sided += [put for put in second if put.same() not in same]
    if not one_sided:
        _same_order(first, second, context)
        return None
    return _Differences(tuple(one_sided), _map(before, at, context), _map(after, other, context))


def _check_command(ran: RunCommand, differences: _Differences) -> None:
    """Raises _WrongError unless a command is sure to do the same with the files that it finds now."""
    line = f"line {ran.step.instruction.line}"
    if ran.command is None:
        raise _WrongError(f"the RUN on {line} may read what {_line(differences.puts[0])} brings")
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
        raise _WrongError(f"`{found.shown}` on {line} may read what {_line(differences.puts[0])} brings")
    for put in differences.puts:
        places = [place for place in found.reads if not _same_file(differences, place.path)]
        places += [] if only_adds(ran.command) else found.writes
        for place in places:
            path = in_home_of_root(ran.step, place.path)
            if _touches(differences, put, path, named=is_named(ran.command, place)):
                what = f"{place.verb} {place.shown}, where {_line(put)} puts files"
                raise _WrongError(f"`{found.shown}` on {line} {what}")


def _changes_no_mode(command: Located, differences: _Differences) -> bool:
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


def _check_make(command: Located, differences: _Differences, line: str) -> bool:
    """Whether the command is a `make` that only installs. Raises _WrongError if such an install finds other files."""
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


def _check_install(install: ProjectInstall, differences: _Differences, what: str) -> None:
    from dfix.rewriter.model.file_map.install_reads import reads_of_install

    try:
        read = reads_of_install(differences.first, install)
    except LeaveAlone as no:
        if no.reason.code == "lock-rewritten" and not install.lock_stays:
            _check_rewritten_lock(install, differences, what, no)
            return
        raise _WrongError(f"{what} finds other files than before ({no.reason.text})") from None
    _same_inputs(read, differences.second, what)
    for folder in read.folders:
        now = (copy.brought.context_folder_at(folder.path) for copy in differences.second.copies)
        if folder.source not in now:
            raise _WrongError(f"{what} finds no {folder.path}")
    for put in differences.puts:
        entry = put.entry
        if entry is not None and not entry.folder:
            was, now_there = differences.first.at(entry.image), differences.second.at(entry.image)
            if isinstance(now_there, ImageFile) and not _same(was, now_there, differences.first.context):
                raise _WrongError(f"{what} finds {entry.image}, which was not there")


def _check_rewritten_lock(install: ProjectInstall, differences: _Differences, what: str, no: LeaveAlone) -> None:
    """Check an install that may rewrite its lock file: none that a copy brings now after it, or no longer before it."""
    from dfix.rewriter.model.file_map.install_reads import reads_of_install

    staying = install._replace(lock_stays=True)
    _check_install(staying, differences, what)
    for file in reads_of_install(differences.first, staying).files:
        is_lock = posixpath.basename(file.path) in lock_names()
        if is_lock and any(_touches(differences, put, file.path, named=False) for put in differences.puts):
            raise _WrongError(f"{what} finds other files than before ({no.reason.text})")


def _same(one: ImageFile | Hidden | None, other: ImageFile | Hidden | None, context: Context) -> bool:
    """Whether both are the same file of the context, links followed: a COPY that names a link copies the file."""
    if not isinstance(one, ImageFile) or not isinstance(other, ImageFile):
        return False
    return one.source == other.source or context.followed(one.source) == context.followed(other.source)


def _same_inputs(read: Needed, there: FileMap, what: str) -> None:
    """Raises _WrongError unless each file that is read is the same in another map."""
    for file in read.files:
        if not _same(there.at(file.path), file, there.context):
            raise _WrongError(f"{what} finds another {file.path} than {file.source}")


def _check_added(
    pair: _Pair, pairs: Sequence[tuple[RunCommand, RunCommand]], ran: RunCommand, context: Context
) -> None:
    """Raises _WrongError where a command that was added is an install or a fetch that lacks a file.

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
        read = reads_of_install(_map(after, after.before(ran), context), install._replace(lock_stays=True))
    except LeaveAlone as no:
        raise _WrongError(f"{what} lacks what it reads ({no.reason.text})") from None
    order = after.runs.commands
    for one, other in pairs:
        if order.index(other) > order.index(ran) and _manager(one) == install.manager:
            _same_inputs(read, _map(before, before.before(one), context), what)
            return


def _map(of: Trace, at: int, context: Context) -> FileMap:
    return FileMap(context, dict.fromkeys(of.layers[:at]))


def _manager(ran: RunCommand) -> str:
    used = usage(ran.command.words) if ran.command is not None else None
    return "" if used is None else used.manager.name


def _same_file(differences: _Differences, path: str) -> bool:
    return _same(differences.first.at(path), differences.second.at(path), differences.first.context)


def _touches(differences: _Differences, put: Put, path: str, *, named: bool) -> bool:
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


def _line(put: Put) -> str:
    return f"the {put.step.keyword} on line {put.step.instruction.line}"

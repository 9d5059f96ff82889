"""The forms that a split takes: the install moved as it is, dependencies first, or a download first."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.context.find_context import other_dockerfiles
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests import Inputs
from dfix.rewriter.manifests.shared.inputs import ReplacedOutput
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.commands import chain
from dfix.rewriter.model.copied import Copied, Unclear, copied
from dfix.rewriter.text.source import Edit
from dfix.transforms.split_manifests.dependencies_first import dependencies_first
from dfix.transforms.split_manifests.fetch_first import brought_along, early_download
from dfix.transforms.split_manifests.ignored_outputs import replaced_unseen
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.moved_copies import Plan, needs, plan
from dfix.transforms.split_manifests.obstacles import (
    cut,
    passes_between,
    prefix,
    removes_afterwards,
    settings_in_environment,
)
from dfix.transforms.split_manifests.split_edits import Parting, edits

_NOTHING_TO_FETCH = ("nothing-to-fetch", "missing-file")
"""Codes of reasons that nobody needs to hear: a build without dependencies, or without a manifest."""


class Split(NamedTuple):
    """What a split writes; `at` is the offset of the copy that it moves.

    `ignored` are lines for the ignore file of the context, without which the split would be another image.
    """

    at: int
    edits: tuple[Edit, ...]
    reason: str
    ignored: tuple[str, ...] = ()


def install_moved(model: Model, context: Context, copies: list[Step], run: InstallRun) -> Split | None:
    """The install in front of the sources, where need be with the host's outputs left out of the context."""
    try:
        return _moved(model, context, copies, run)
    except ReplacedOutput as no:
        path = no.path
        if not replaced_unseen(model, context, copies, run, path) or other_dockerfiles(context.root, model.source.path):
            raise
        again = attempt(_moved, model, context.with_lines((path,)), copies, run)
        if not isinstance(again, Split):
            raise
    reason = f"{again.reason}; {context.ignore_name} keeps {path} of the host out, which the install replaces"
    return again._replace(reason=reason, ignored=(path,))


def _moved(model: Model, context: Context, copies: list[Step], run: InstallRun) -> Split | None:
    """Manifests, the install, then the sources; a RUN that does more behind it is parted. None: nothing to gain."""
    known = [copied(step, context) for step in copies]
    at = attempt(
        cut, run, [item for item in known if isinstance(item, Copied)], partial(_read_first, context, known, run)
    )
    if isinstance(at, int):
        run = run._replace(installs=tuple(install for install in run.installs if install.located.part < at))
    made = _movable(context, known, run)
    if made is None:
        return None
    if isinstance(at, Reason):
        if any(copy.brings_a_folder for copy in made.moved):
            raise LeaveAlone(*at)
        return None
    parts = chain(run.step.script)
    parting = None
    if parts is not None and at < len(parts):
        removes_afterwards(run, at)
        parting = Parting(parts, at, prefix(run, parts, at, model.source.text))
    return _split(made, edits(model, made, run, parting), _reason(made, run))


def _read_first(context: Context, known: list[Copied | Unclear], run: InstallRun) -> frozenset[str]:
    """The context's files that the RUN's first install reads: whatever follows, they are copied before the tree."""
    read = attempt(needs, context, known, run._replace(installs=run.installs[:1]))
    return frozenset(read.files) if isinstance(read, Inputs) else frozenset()


def install_twice(model: Model, context: Context, copies: list[Step], run: InstallRun) -> Split | None:
    """Dependencies in front of the copy of the sources, the author's command behind it."""
    alone = dependencies_first(model, run)
    if alone is None:
        return None
    run, command = alone
    known = [copied(step, context) for step in copies]
    made = _movable(context, known, run)
    if made is None:
        return None
    # nothing before the install may need the sources
    cut(run, [item for item in known if isinstance(item, Copied)], made.copied_first)
    part = run.installs[0].located.part
    parts = chain(run.step.script)
    assert parts is not None
    removes_afterwards(run, part)
    parting = Parting(parts, part, prefix(run, parts, part, model.source.text)) if part else None
    written = edits(model, made, run, parting, command)
    return _split(made, written, f"{_reason(made, run)} for the dependencies; `{command}` installs those alone")


def download_first(model: Model, context: Context, copies: list[Step], step: Step) -> Split | None:
    """A build that fetches modules by itself gets a download in front of the copy of the sources."""
    found = attempt(early_download, model, step)
    if found is None:
        return None
    known = [copied(copy, context) for copy in copies]
    if not any(isinstance(item, Copied) and item.brings_a_folder for item in known):
        return None
    if isinstance(found, Reason):
        raise LeaveAlone(*found)
    if brought_along(context, known, found):
        return None
    made = attempt(_movable, context, known, found.run)
    if isinstance(made, Reason):
        if made.code in _NOTHING_TO_FETCH:
            return None
        raise LeaveAlone(*made)
    if made is None:
        return None
    shown = found.run.installs[0].shown
    if step.stage.ships:
        reason = f"`{shown}` runs in the stage that ships, where a fetch of its own may leave more files"
        raise LeaveAlone("fetch-ships", reason, "build in a stage of its own, and copy the result from there")
    parts = chain(step.script)
    assert parts is not None
    command = prefix(found.run, parts, found.part, model.source.text) + found.command
    written = edits(model, made, found.run, None, command)
    what = found.early.what
    reason = f"an edit of any file makes `{shown}` fetch {what} again, yet {_listed(made)} all it reads for that"
    return _split(made, written, reason)


def _split(made: Plan, written: tuple[Edit, ...], reason: str) -> Split:
    return Split(made.moved[0].step.instruction.span.start, written, reason)


def _movable(context: Context, known: list[Copied | Unclear], run: InstallRun) -> Plan | None:
    """A plan whose copies can pass what lies between. Copies of single files may stay where they are for that."""
    read = needs(context, known, run)
    if read is None:
        return None
    staying: frozenset[int] = frozenset()
    while True:
        made = plan(context, known, run, read, staying)
        if made is None:
            return None
        try:
            passes_between(context, made, run)
            settings_in_environment(run, made)
        except LeaveAlone:
            if made.moved[0].brings_a_folder:
                raise
            staying |= {made.moved[0].step.index}
        else:
            return made


def _reason(made: Plan, run: InstallRun) -> str:
    text = f"an edit of any file runs `{run.installs[0].shown}` again, yet {_listed(made)} all it reads"
    return "; ".join([text, *made.warnings])


def _listed(made: Plan) -> str:
    """The files with their verb: "go.mod and go.sum are"."""
    files = list(made.files)
    listed = files[0] if len(files) == 1 else ", ".join(files[:-1]) + " and " + files[-1]
    if len(files) > 6:
        listed = ", ".join(files[:4]) + f" and {len(files) - 4} more"
    return f"{listed} {'is' if len(files) == 1 else 'are'}"

"""The forms that a split takes: the install moved as it is, dependencies first, or a download first."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.context.find_context import other_dockerfiles
from dfix.rewriter.context.folder import Context
from dfix.rewriter.manifests import Blocked
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
    blocker_between,
    cut,
    prefix,
    removes_afterwards,
    settings_in_environment,
)
from dfix.transforms.split_manifests.split_edits import Parting, edits


class Split(NamedTuple):
    """What a split writes; `at` is the offset of the copy that it moves.

    `ignored` are lines for the ignore file of the context, without which the split would be another image.
    """

    at: int
    edits: tuple[Edit, ...]
    reason: str
    ignored: tuple[str, ...] = ()


def install_moved(model: Model, context: Context, copies: list[Step], run: InstallRun) -> Split | Blocked | None:
    """The install in front of the sources, where need be with the host's outputs left out of the context."""
    found = _moved(model, context, copies, run)
    if not isinstance(found, Blocked) or not found.ignored:
        return found
    if not replaced_unseen(model, context, copies, run, found.ignored):
        return found
    if other_dockerfiles(context.root, model.source.path):
        return found
    again = _moved(model, context.with_lines((found.ignored,)), copies, run)
    if not isinstance(again, Split):
        return found
    reason = f"{again.reason}; {context.ignore_name} keeps {found.ignored} of the host out, which the install replaces"
    return again._replace(reason=reason, ignored=(found.ignored,))


def _moved(model: Model, context: Context, copies: list[Step], run: InstallRun) -> Split | Blocked | None:
    """Manifests, the install, then the sources; a RUN that does more behind it is parted. None: nothing to gain."""
    known = [copied(step, context) for step in copies]
    at = cut(run, [item for item in known if isinstance(item, Copied)])
    if isinstance(at, int):
        run = run._replace(installs=tuple(install for install in run.installs if install.located.part < at))
    made = _movable(context, known, run)
    if made is None or isinstance(made, Blocked):
        return made
    if isinstance(at, Blocked):
        return at if any(copy.brings_a_folder for copy in made.moved) else None
    parts = chain(run.step.script)
    parting = None
    if parts is not None and at < len(parts):
        state = removes_afterwards(run, at) or prefix(run, parts, at, model.source.text)
        if isinstance(state, Blocked):
            return state
        parting = Parting(parts, at, state)
    return _split(made, edits(model, made, run, parting), _reason(made, run))


def install_twice(model: Model, context: Context, copies: list[Step], run: InstallRun) -> Split | Blocked | None:
    """Dependencies in front of the copy of the sources, the author's command behind it."""
    alone = dependencies_first(model, run)
    if alone is None or isinstance(alone, Blocked):
        return alone
    run, command = alone
    known = [copied(step, context) for step in copies]
    at = cut(run, [item for item in known if isinstance(item, Copied)])
    made = _movable(context, known, run)
    if made is None or isinstance(made, Blocked):
        return made
    part = run.installs[0].located.part
    if isinstance(at, Blocked):
        return at
    parts = chain(run.step.script)
    assert parts is not None
    state = removes_afterwards(run, part) or (prefix(run, parts, part, model.source.text) if part else "")
    if isinstance(state, Blocked):
        return state
    written = edits(model, made, run, Parting(parts, part, state) if part else None, command)
    return _split(made, written, f"{_reason(made, run)} for the dependencies; `{command}` installs those alone")


def download_first(model: Model, context: Context, copies: list[Step], step: Step) -> Split | Blocked | None:
    """A build that fetches modules by itself gets a download in front of the copy of the sources."""
    found = early_download(model, step)
    if found is None:
        return None
    known = [copied(copy, context) for copy in copies]
    if not any(isinstance(item, Copied) and item.brings_a_folder for item in known):
        return None
    if isinstance(found, Blocked):
        return found
    if brought_along(context, known, found):
        return None
    made = _movable(context, known, found.run)
    if made is None or isinstance(made, Blocked):
        return None if made is not None and made.code in ("nothing", "no-manifest") else made
    shown = found.run.installs[0].shown
    if step.stage.ships:
        reason = f"`{shown}` runs in the stage that ships, where a fetch of its own may leave more files"
        return Blocked("ships", reason, "build in a stage of its own, and copy the result from there")
    parts = chain(step.script)
    assert parts is not None
    state = prefix(found.run, parts, found.part, model.source.text)
    written = state if isinstance(state, Blocked) else edits(model, made, found.run, None, state + found.command)
    what = found.early.what
    reason = f"an edit of any file makes `{shown}` fetch {what} again, yet {_listed(made)} all it reads for that"
    return _split(made, written, reason)


def _split(made: Plan, written: tuple[Edit, ...] | Blocked, reason: str) -> Split | Blocked:
    if isinstance(written, Blocked):
        return written
    return Split(made.moved[0].step.instruction.span.start, written, reason)


def _movable(context: Context, known: list[Copied | Unclear], run: InstallRun) -> Plan | Blocked | None:
    """A plan whose copies can pass what lies between. Copies of single files may stay where they are for that."""
    read = needs(context, known, run)
    if read is None or isinstance(read, Blocked):
        return read
    staying: frozenset[int] = frozenset()
    while True:
        made = plan(context, known, run, read, staying)
        if made is None or isinstance(made, Blocked):
            return made
        between = blocker_between(context, made, run) or settings_in_environment(run, made)
        if between is None:
            return made
        if made.moved[0].brings_a_folder:
            return between
        staying |= {made.moved[0].step.index}


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

"""Which copies give their files the owner themselves, and what becomes of the `chown`."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING, Literal

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.official_folders import is_missing_in_base
from dfix.rewriter.model.paths import within
from dfix.rewriter.neighbours.folders import exists, is_missing, link_made
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.copy_ownership.commuting import cannot_go_before, check_plain, stores_again, touches
from dfix.transforms.copy_ownership.copies import bringing, check_copy, gives_rights, relation
from dfix.transforms.copy_ownership.owner import owner_given
from dfix.transforms.copy_ownership.passed_copies import Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.model.effects.given_owner import GivenOwner
    from dfix.transforms.copy_ownership.copies import Bringing
    from dfix.transforms.copy_ownership.owner import Owner

_NOT_PLAIN = ("/proc", "/sys", "/dev", "/run", "/var/run", "/var/lock", "/bin", "/sbin", "/lib", "/lib64", "/etc")
"""Folders that are links in many images, or in which the builder mounts files."""


Part = Literal["run", "beginning", "command"]
"""The whole RUN, all up to the `chown`, or the `chown` alone."""


class Plan(NamedTuple):
    """What is written."""

    command: Located
    copies: tuple[Step, ...]
    """Those that get a `--chown`."""
    first: Step
    """The first of the copies that the `chown` re-owns."""
    owner: Owner
    with_it: tuple[Step, ...]
    """RUNs that add the user, which move before the copies."""
    moves: bool
    """Whether the `chown` runs before the copies; else it is not needed any more."""
    part: Part
    """How much of its RUN moves or goes."""


def plan(model: Model, step: Step, command: Located, given: GivenOwner) -> Plan | None:
    """How the copies before a `chown` give its owner themselves; None if it re-owns nothing that they bring."""
    context = model.context
    if context is None:
        raise LeaveAlone("no-context", "the build context is unknown", "name its folder with --context")
    earlier = [other for other in step.stage.steps[: step.index] if not other.onbuild]
    known = {other: bringing(other, context) for other in earlier if other.keyword in ("COPY", "ADD")}
    if not any(_concerns(other, to, given) for other, to in known.items()):
        return None
    _check_place(step, command, given)
    owner = owner_given(step, command)
    rest = [other for other in located(step, conditions=True) if other.command is not command.command]
    _check_gain(rest, command, given)
    stays = not any(touches(other, given.paths, step, context) for other in rest if other.part < command.part)
    walk = Walk(step, command if stays else None, given, owner, context)
    walk.go_up(earlier, known)
    if not walk.covered:
        raise LeaveAlone("owner-between", f"{walk.blocked}, so `{shown(command)}` stays after it")
    first = walk.covered[-1].step
    _check_links(first, given)
    _check_groups(owner, step, given, shown(command))
    part: Part = "command" if rest else "run"
    if not stays:
        part = _part(rest, command, [to for to in walk.passed if to.step.index >= first.index], first)
    is_moved = _is_moved(() if stays else rest, command, given, first)
    if is_moved and first.workdir != step.workdir and (given.relative or not stays):
        raise LeaveAlone("shell-state", f"`{shown(command)}` runs in another folder than the copies")
    if not is_moved:
        _check_dropped(walk.covered, given, first)
        if not stays:
            what = f"the copies would have to come after the rest of the RUN of `{shown(command)}`"
            raise LeaveAlone("owner-between", what)
    changed = [to.step for to in reversed(walk.covered) if check_copy(model, to, owner, shown(command))]
    if not changed:
        return None
    with_it = tuple(run for run in reversed(walk.with_it) if run.index > first.index)
    return Plan(command, tuple(changed), first, owner, with_it, is_moved, part)


def _concerns(step: Step, to: Bringing | str, given: GivenOwner) -> bool:
    """Whether a `chown` re-owns what a COPY brings, or may bring."""
    if not isinstance(to, str):
        return relation(to, given) == "covered"
    return step.destination is not None and any(within(step.destination, path) for path in given.paths)


def _check_place(step: Step, command: Located, given: GivenOwner) -> None:
    check_plain(step, command)
    name = f"`{shown(command)}`"
    if any(path == "/" or not path.startswith("/") for path in given.paths):
        raise LeaveAlone("unknown-folder", f"dfix does not know which folder {name} changes")
    if any(within(path, folder) for path in given.paths for folder in _NOT_PLAIN):
        raise LeaveAlone("linked-folder", f"{name} changes a folder that may be a link, or have mounted files")
    if given.relative and command.folder != step.workdir:
        raise LeaveAlone("shell-state", f"{name} depends on the `cd` before it")


def _check_gain(rest: Sequence[Located], command: Located, given: GivenOwner) -> None:
    again = next((other for other in rest if stores_again(other, given.paths)), None)
    if again is not None:
        what = f"`{shown(again)}` stores the files of `{shown(command)}` again anyway"
        raise LeaveAlone("stored-again", what, "give the files their mode in the build context")


def _check_links(first: Step, given: GivenOwner) -> None:
    for path in given.paths:
        made = link_made(path, first)
        if made:
            raise LeaveAlone("linked-folder", f"`{made}` makes a link, through which the copies may go elsewhere")


def _check_groups(owner: Owner, step: Step, given: GivenOwner, name: str) -> None:
    """Raise LeaveAlone where a folder may pass its group on to what is copied into it, and `chown` keeps the group."""
    if owner.sets_both:
        return
    known = all(is_missing_in_base(step.stage, path) for path in given.paths)
    if not known or any(gives_rights(earlier) for earlier in steps_before(step)):
        what = f"`{name}` keeps the other half of each owner, and a folder there may pass on a group of its own"
        raise LeaveAlone("unclear-owner", what, "name user and group: `chown user:group`")


def _part(rest: Sequence[Located], command: Located, passed: Sequence[Bringing], first: Step) -> Part:
    """How much of a RUN goes before the copies whose other commands the `chown` needs."""
    existing = [to.destination for to in passed if exists(to.destination, first)]
    after: Part = "run"
    for other in rest:
        if no := cannot_go_before(other, passed, existing):
            if other.part <= command.part:
                raise LeaveAlone("owner-between", f"{no}, in the same RUN")
            after = "beginning"
    return after


def _is_moved(rest: Sequence[Located], command: Located, given: GivenOwner, first: Step) -> bool:
    """Whether the paths of the `chown` are there before the copies; LeaveAlone if some are and some are not."""
    made = [place for other in rest if other.part < command.part for place in _made_by(other)]
    there = [exists(path, first) or any(within(one, path) for one in made) for path in given.paths]
    if any(there) and not all(there):
        path = given.paths[there.index(False)]
        raise LeaveAlone("unknown-folder", f"dfix does not know whether {path} is there before the copies")
    return given.recursive and all(there)


def _made_by(command: Located) -> list[str]:
    is_mkdir = bool(command.words) and command.words[0].value == "mkdir" and not command.depth
    return [place.path for place in effects(command).writes] if is_mkdir else []


def _puts_into(to: Bringing, path: str) -> bool:
    if to.copy is None:
        return within(to.destination, path)
    return any(within(entry.image, path) for entry in to.copy.brought.entries)


def _check_dropped(covered: Sequence[Bringing], given: GivenOwner, first: Step) -> None:
    """Raise LeaveAlone unless the copies alone bring what the `chown` re-owns, and make no folder above it."""
    for path in given.paths:
        if not any(_puts_into(to, path) for to in covered):
            raise LeaveAlone("unknown-content", f"no COPY right before it brings {path}, or it brings other files too")
        is_file = any(
            to.copy is not None and any(not entry.folder and entry.image == path for entry in to.copy.brought.entries)
            for to in covered
        )
        if not is_file and (why := is_missing(path, first)):
            hint = f"create it with `WORKDIR {path}`, or `RUN mkdir -p {path}`, before the COPY"
            raise LeaveAlone("unknown-content", f"{why}, whose files `chown` re-owns, too", hint)
        if not exists(posixpath.dirname(path), first):
            what = f"COPY --chown would also own {posixpath.dirname(path)}, if that is not there before"
            raise LeaveAlone("unknown-folder", what, "create it before the COPY: `RUN mkdir -p`, or WORKDIR")

"""Whether a RUN may run before a COPY to a folder of the author's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.early_steps import application_variables, own_folders, searched_variables
from dfix.rewriter.model import Step
from dfix.rewriter.model.commands import Located, located_in
from dfix.rewriter.model.effects import conflict, effects
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.model.file_map.file_map import steps_before
from dfix.rewriter.model.paths import overlaps, resolve, within
from dfix.rewriter.model.values_in_force import filled, values_in_force
from dfix.rewriter.neighbours.early_run import EarlyRun
from dfix.rewriter.neighbours.image_links import copy_with_links, leads_to, other_links
from dfix.rewriter.neighbours.told_paths import ToldPaths, named_paths, without_urls
from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from collections.abc import Callable

    from dfix.rewriter.context.folder import Context

_BETWEEN = expression(r"[\s=,:;\"']+")
_DOTS = frozenset((".", ".."))
_OF_SHELL = frozenset(("PWD", "OLDPWD"))


def check_independent(run: EarlyRun, copy: Step, destination: str, told: ToldPaths, context: Context | None) -> None:
    """Raises LeaveAlone where a RUN may see, or do, something else before a COPY than after it."""

    def brought(path: str) -> bool:
        return not path.startswith(ELSEWHERE) and overlaps(path, destination)

    for command in run.commands:
        why = conflict(command.effects, brought)
        if why:
            raise LeaveAlone(
                "needs-copy", f"{why}, where the {copy.keyword} on line {copy.instruction.line} puts files"
            )
        _check_links(command.located, run.step, copy, brought, context)
    text = " ".join([run.step.source_text, *run.step.shell])
    text = filled(text, values_in_force(run.step, run.commands[-1].located))
    if any(overlaps(path, destination) for path in named_paths(text)) or _is_called_like(text, destination):
        reason = f"the RUN on line {run.step.instruction.line} names a path of the {copy.keyword}"
        raise LeaveAlone("needs-copy", f"{reason} on line {copy.instruction.line}")
    for mount in run.step.mounts:
        is_unknown = mount.target is None and mount.kind in ("cache", "tmpfs")
        if is_unknown or (mount.target is not None and overlaps(mount.target, destination)):
            reason = f"the RUN on line {run.step.instruction.line} mounts over the files of the {copy.keyword}"
            raise LeaveAlone("mount", f"{reason} on line {copy.instruction.line}")
    for command in run.commands:
        _check_variables(run, command.located, copy, destination)
    _check_earlier(run, copy, destination, told)
    _check_accounts(run, copy)


def _check_links(
    command: Located, step: Step, copy: Step, brought: Callable[[str], bool], context: Context | None
) -> None:
    """Raises LeaveAlone where what a command names may lead to the copied files through a link."""
    found, links = effects(command), other_links(step, command)
    for place in (*found.reads, *found.writes):
        bringing = copy_with_links(place.path, step, context, brought) if place.path.startswith("/") else None
        if bringing is not None:
            reason = (
                f"`{found.shown}` {place.verb} {place.shown}, and the {bringing.keyword} on line "
                f"{bringing.instruction.line} may bring links that lead to the files of line {copy.instruction.line}"
            )
            raise LeaveAlone("linked-folder", reason)
        if leads_to(links, brought, place.path):
            reason = f"`{found.shown}` {place.verb} {place.shown}, which a link leads to the copied files"
            raise LeaveAlone("linked-folder", reason)


def check_folder(run: EarlyRun, before: Step) -> None:
    """Raises LeaveAlone where the commands of a RUN depend on the working folder, which is another before a WORKDIR."""
    there = located_in(run.step.script, before.workdir or "?", run.step.env, conditions=True)
    for command, moved in zip(run.commands, there, strict=True):
        one, other = command.effects, effects(moved)
        places = [sorted(place.path for place in (*found.reads, *found.writes)) for found in (one, other)]
        if places[0] != places[1] or other.anything:
            reason = f"`{one.shown}` depends on the folder that the WORKDIR on line {before.instruction.line} sets"
            raise LeaveAlone("in-between", reason)


def _check_variables(run: EarlyRun, command: Located, copy: Step, destination: str) -> None:
    """Raises LeaveAlone where a variable makes a program look where the COPY puts files."""
    for name, value in values_in_force(run.step, command).items():
        if name in _OF_SHELL or application_variables().match(name.lower()):
            continue
        is_searched = searched_variables().match(name.lower())
        is_list = is_searched and name.lower().endswith(("path", "home"))
        parts = [part for part in _BETWEEN.split(without_urls(value)) if is_list or "/" in part or part in _DOTS]
        if is_list and name.lower() != "home" and "" in value.split(":"):
            parts.append(".")
        paths = (resolve(command.folder, part) for part in parts if part)
        is_near = any(path is None or overlaps(path, destination) for path in paths if path != "/")
        if is_near or (is_searched and "$" in value):
            shown = f"{name} is {value}" if value else f"{name} is set"
            reason = (
                f"{shown}, so programs may look where the {copy.keyword} on line {copy.instruction.line} puts files"
            )
            raise LeaveAlone("setting", reason, f"set {name} below the packages")


def _check_earlier(run: EarlyRun, copy: Step, destination: str, told: ToldPaths) -> None:
    """Raises LeaveAlone where an earlier step may have told programs of the folder to which the COPY goes."""
    for step in steps_before(run.step):
        if step is copy:
            continue
        if step.keyword in ("COPY", "ADD") and not step.instruction.heredocs:
            _check_settings(run, step)
        elif any(overlaps(path, destination) for path in told.of(step)):
            reason = f"line {step.instruction.line} may have left a path in {destination} in settings or links"
            raise LeaveAlone("setting", reason)


def _check_settings(run: EarlyRun, step: Step) -> None:
    """Raises LeaveAlone where an earlier COPY brings settings of a package manager of the RUN."""
    path = step.destination
    for command in run.commands:
        used = usage(command.located.words)
        if used is None:
            continue
        folders = (*used.manager.settings_at, "/etc/pip.conf", "/etc/npmrc", "/etc/gemrc", "/root")
        if path is None or any(overlaps(path, folder) for folder in folders):
            reason = f"the {step.keyword} on line {step.instruction.line} may bring settings of {used.manager.name}"
            raise LeaveAlone("setting", f"{reason}, which may name copied files")


def _check_accounts(run: EarlyRun, copy: Step) -> None:
    """Raises LeaveAlone where a RUN changes accounts by whose names a COPY gives its files an owner."""
    owner = copy.instruction.flag("chown")
    if owner is None or all(name.isdigit() for name in (owner.value or "").split(":")):
        return
    for command in run.commands:
        found = command.effects
        if "account" in found.leaves or any(place.path == "/etc/passwd" for place in found.writes):
            reason = f"`{found.shown}` changes accounts, and the {copy.keyword} on line {copy.instruction.line}"
            raise LeaveAlone("needs-copy", f"{reason} looks up {owner.value}")


def _is_called_like(text: str, destination: str) -> bool:
    """Whether a word of a text has the name of a folder in /opt, /srv …, so that a package may bring that folder."""
    for folder in own_folders().own_below:
        if within(destination, folder):
            name = destination[len(folder) + 1 :].partition("/")[0].lower()
            return re.search(rf"(?<![\w]){re.escape(name)}(?![\w])", text.lower()) is not None
    return False

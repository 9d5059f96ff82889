"""What stands between a copy and an install: may the copy move past it, and where must the install's RUN be parted."""

from __future__ import annotations

import re
from collections.abc import Callable, Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile.expand import names
from dfix.rewriter.knowledge import usage
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.effects import conflict, effects
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.model.paths import overlaps, resolve
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.nodes import Command, Node, Script, Statement
from dfix.rewriter.shell.state import leaks
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.links import Link, made_before, made_by, through
from dfix.transforms.split_manifests.moved_copies import Plan

_CONFIGURATION = frozenset(
    "ENV ARG LABEL EXPOSE USER WORKDIR CMD ENTRYPOINT HEALTHCHECK STOPSIGNAL SHELL MAINTAINER".split()
)
_INSTALL_SETTINGS = frozenset(
    "pip_constraint pip_requirement pip_find_links pip_config_file node_options npm_config_userconfig "
    "npm_config_globalconfig npm_config_cafile gowork goflags composer".split()
)
"""Variables, in lower case, whose value names files that an install reads."""
_PATH_ENDS = re.compile(r"[\s=,:]+")
_CARRIED = frozenset(("cd", "export", "assignment", "set"))


def passes_between(context: Context, plan: Plan, run: InstallRun) -> None:
    """Raises LeaveAlone where a moved copy may not pass the steps between the first of them and the install."""
    first = plan.moved[0].step.index
    moved = {copy.step.index: copy for copy in plan.moved}
    for step in run.step.stage.steps[first + 1 : run.step.index]:
        if step.onbuild or step.index in moved:
            continue
        before = [copy for copy in plan.moved if copy.step.index < step.index]
        _step(context, plan, before, step)
    _mounts(plan, run)


def _step(context: Context, plan: Plan, before: list[Copied], step: Step) -> None:
    instruction = step.instruction
    line = instruction.line
    if step.keyword in _CONFIGURATION:
        _configuration(before, step)
        return
    if step.keyword in ("COPY", "ADD"):
        _other_copy(context, before, step)
        return
    if step.keyword == "RUN":
        if step.script.opaque:
            raise LeaveAlone("run-between", f"the RUN on line {line} may read the copied files ({step.script.opaque})")
        links = made_before(step)
        for command in located(step, conditions=True):
            why = _conflict(command, before, links, plan.copied_first)
            links += made_by(command)
            if why:
                raise LeaveAlone("run-between", f"the RUN on line {line} comes between: {why}")
        return
    raise LeaveAlone("in-between", f"the {step.keyword} on line {line} comes between the copy and the install")


def _configuration(before: list[Copied], step: Step) -> None:
    if step.keyword not in ("ENV", "ARG"):
        return
    changed = {word.text.partition("=")[0] for word in step.instruction.words}
    for copy in before:
        used: set[str] = set()
        for word in (
            *(w.text for w in copy.step.instruction.words),
            *(f.value or "" for f in copy.step.instruction.flags),
        ):
            used |= names(word, copy.step.instruction.escape)
        if used & changed:
            name = sorted(used & changed)[0]
            raise LeaveAlone("in-between", f"line {step.instruction.line} changes {name}, which the COPY uses")


def _other_copy(context: Context, before: list[Copied], step: Step) -> None:
    line = step.instruction.line
    if step.instruction.flag("from") is None and not step.instruction.heredocs:
        other = copied(step, context)
        if isinstance(other, Copied):
            for path in other.brought.paths():
                landed = other.brought.image_path_of(path)
                if landed is not None and any(
                    copy.brought.context_path_of(landed) not in (None, path) for copy in before
                ):
                    raise LeaveAlone(
                        "in-between", f"the {step.keyword} on line {line} replaces {landed} of the copied files"
                    )
            return
        destination = other.destination
    else:
        target = step.expand(step.instruction.words[-1].text) if step.instruction.words else None
        destination = None if target is None else resolve(step.workdir, target)
    if destination is None or any(overlaps(copy.destination, destination) for copy in before):
        if destination is not None and not brought_near(before, destination):
            return
        raise LeaveAlone("in-between", f"the {step.keyword} on line {line} may bring files to the same place")


def _mounts(plan: Plan, run: InstallRun) -> None:
    line = run.step.instruction.line
    for mount in run.step.mounts:
        if mount.kind == "bind" and mount.from_ is None:
            raise LeaveAlone("mount", f"the RUN on line {line} already mounts files of the build context")
        if mount.kind in ("cache", "tmpfs", "bind"):
            if mount.target is None:
                raise LeaveAlone(
                    "mount", f"the RUN on line {line} has a mount whose place is not known before the build"
                )
            if brought_near(list(plan.moved), mount.target):
                raise LeaveAlone(
                    "mount", f"the RUN on line {line} mounts over {mount.target}, where the copied files are"
                )


def settings_in_environment(run: InstallRun, plan: Plan) -> None:
    """A variable that makes the install read a copied file: PIP_CONSTRAINT, npm_config_userconfig, NODE_OPTIONS …"""
    needed = {source for need in plan.needed for source in need.sources}
    for install in run.installs:
        command, folder = install.located.command, install.located.folder
        given = {word.text.partition("=")[0]: (word.value or "?$").partition("=")[2] for word in command.assigns}
        for name, value in {**install.located.env, **given}.items():
            if name.lower() not in _INSTALL_SETTINGS:
                continue
            for part in _PATH_ENDS.split(value or "$"):
                if "$" in part:
                    raise LeaveAlone("setting", f"{name} is set to something that is not known before the build")
                path = resolve(folder, part)
                if not part or path is None or not brought_near(list(plan.moved), path):
                    continue
                if not any(copy.brought.context_path_of(path) in needed for copy in plan.moved):
                    raise LeaveAlone("setting", f"{name} makes `{install.shown}` read {part}")


def brought_near(copies: list[Copied], path: str) -> bool:
    """Whether a copy brings `path`, something below it, or lands below it; `*/x` is an x in whatever folder."""
    if path.startswith(ELSEWHERE):
        return any(_brings_somewhere(copy, path[len(ELSEWHERE) :]) for copy in copies)
    for copy in copies:
        if overlaps(copy.destination, path):
            if path == copy.destination or not path.startswith(copy.destination.rstrip("/") + "/"):
                return True  # the destination itself, or a folder above it
            if copy.brought.brings_anything_below(path):
                return True
    return False


def _brings_somewhere(copy: Copied, tail: str) -> bool:
    landed = (copy.brought.image_path_of(path) or "" for path in copy.brought.paths())
    return any(f"{path}/".endswith(f"/{tail}/") or f"/{tail}/" in path for path in landed)


def _conflict(command: Located, copies: list[Copied], links: list[Link], copied_first: Callable[[], Set[str]]) -> str:
    """Why a command may not run before the copies, as a phrase; reading a file that is copied first is no reason."""

    def brought(path: str) -> bool:
        return brought_near(copies, path)

    def changes(path: str) -> bool:
        return brought(path) or through(links, brought, path)

    def reads_other(path: str) -> bool:
        if not brought(path):
            return through(links, brought, path)
        origins = {copy.brought.context_path_of(path) for copy in copies} - {None}
        return len(origins) != 1 or not origins <= copied_first()

    return conflict(effects(command), changes, reads_differ=reads_other)


def cut(run: InstallRun, copies: list[Copied], copied_first: Callable[[], Set[str]]) -> int:
    """The index of the first chain element that needs the whole tree; the number of elements when none does.

    A script that is no pure && chain can only stay whole. `copied_first` tells the context's files that the install
    gets before the tree is copied.
    """
    installing = {id(install.located.command) for install in run.installs}
    parts = 1 + max(command.part for command in run.commands)
    first_install = min(install.located.part for install in run.installs)
    links = made_before(run.step)
    for command in run.commands:
        if id(command.command) in installing:
            continue
        why = _conflict(command, copies, links, copied_first)
        links += made_by(command)
        if not why:
            continue
        if not run.chained:
            raise LeaveAlone("not-a-chain", f"{why}, and the commands of this RUN are not joined by && alone")
        if command.part <= first_install:
            raise LeaveAlone("reads-first", f"{why} before the install")
        return command.part
    return parts


def prefix(run: InstallRun, parts: tuple[Node, ...], at: int, text: str) -> str:
    """What the second RUN begins with to be in the same shell state: the `cd`, `export` and `set` before the cut."""
    carried = []
    for part in parts[:at]:
        script = Script(part.span, (Statement(part.span, part, ""),), (), "")
        found = leaks(script)
        if not found:
            continue
        strange = [leak for leak in found if leak.kind not in _CARRIED]
        if strange:
            raise LeaveAlone("shell-state", f"`{strange[0].what}` changes the shell for the commands that follow")
        if not isinstance(part, Command):
            raise LeaveAlone("shell-state", f"`{found[0].what}` is part of a longer command")
        written = text[part.span.start : part.span.end]
        if "\n" in written:
            raise LeaveAlone("shell-state", f"`{found[0].what}` is written over several lines")
        carried.append(f"{written} && ")
    return "".join(carried)


def removes_afterwards(run: InstallRun, at: int) -> None:
    """Parting a RUN that removes what it installed would ship what is removed today."""
    if not run.step.stage.ships:
        return
    for command in run.commands:
        if command.part < at or not command.words:
            continue
        words = [word.value or word.text for word in command.words]
        name = program_name(command.words[0])
        found = usage(command.words)
        removes = found is not None and found.manager.system and found.verb in ("remove", "clean")
        gone = name in ("rm", "rmdir") or removes
        if gone or words[1:2] in (["prune"], ["cache"], ["uninstall"]):
            shown = " ".join(words)[:60]
            raise LeaveAlone("removes-after", f"`{shown}` at the end of the RUN only saves space in the same RUN")

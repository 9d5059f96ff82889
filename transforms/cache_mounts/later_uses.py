"""Whether the image, or a RUN without the mount, would miss what RUNs leave in the cache today."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.compilers import compilers
from dfix.rewriter.model.effects import effects
from dfix.rewriter.shell.nodes import AndOr
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.shell.nodes import Script
    from dfix.transforms.cache_mounts.cached_run import CachedRun, SharedCache


def plain_commands(script: Script) -> set[int]:
    """The commands, by id, that certainly run if the script succeeds: elements of a list or of a chain of `&&`."""
    found: set[int] = set()
    for statement in script.statements:
        node = statement.node
        if not isinstance(node, AndOr):
            found.add(id(node))
        elif all(operator.text == "&&" for operator in node.operators):
            found.update(map(id, node.parts))
    return found


def does_not_ship(cache: SharedCache, run: CachedRun) -> None:
    """Raise LeaveAlone for a RUN whose cache is part of the image today."""
    image = cache.shipping.image_of(run.step.stage)
    if not image:
        return
    shown, clean_up = run.uses[0].shown, cache.manager.clean_up
    line = run.step.instruction.line
    told = f"{image} contains the cache of `{shown}` on line {line}, and something may use it"
    hint = "select clean-up, too" if clean_up is not None else "build in a stage of its own, and copy the result"
    raise LeaveAlone("cache-ships", told, hint)


def unused_elsewhere(cache: SharedCache) -> None:
    """Raise LeaveAlone where another RUN may use a cache that commands need: it would have no mount."""
    for step in cache.others:
        if step.onbuild and any(name in step.source_text for name in cache.manager.commands):
            raise LeaveAlone("onbuild", f"the ONBUILD on line {step.instruction.line} uses {cache.manager.name}, too")
        _does_not_fail(cache, step)
        if cache.mount.needed and not step.script.opaque:
            _is_known(cache, step)
        elif cache.mount.needed:
            told = f"the RUN on line {step.instruction.line} may use the cache, and {step.script.opaque}"
            raise LeaveAlone("unread-script", told)


def _does_not_fail(cache: SharedCache, step: Step) -> None:
    """Raise LeaveAlone for a clean-up in a RUN of its own that fails where there is no cache: `pip cache purge`."""
    clean_up = cache.manager.clean_up
    for use in cache.run_index.of(step).uses if clean_up is not None and clean_up.fails_empty else ():
        if clean_up is not None and any(map(use.usage.says, clean_up.fails_empty)):
            told = f"`{use.shown}` on line {step.instruction.line} fails where there is no cache in the image"
            raise LeaveAlone("needed-later", told, "remove it")


def _is_known(cache: SharedCache, step: Step) -> None:
    clean_up = cache.manager.clean_up
    needed_by = clean_up.needed_by if clean_up is not None else frozenset()
    for command in cache.run_index.of(step).commands:
        used = usage(command.words)
        if used is not None and (used.verb or used.asks or used.manager is cache.manager):
            continue
        program = program_name(command.words[0]) if command.words else ""
        starts = (program,) if used is not None or program in needed_by else effects(command).starts
        starts = tuple(name for name in starts if name not in compilers() or name in needed_by)
        if starts:
            name, line = cache.manager.name, step.instruction.line
            told = f"`{starts[0]}` on line {line} may use {name}'s cache, but would have no mount"
            raise LeaveAlone("hidden-use", told, f"call {name} itself in that RUN, or write the mounts yourself")


def updates_itself(cache: SharedCache, run: CachedRun, *, complete: bool) -> None:
    """Raise LeaveAlone for a RUN that installs from package lists of an earlier one: the mount may have lost them."""
    if not cache.mount.updates_first:
        return
    first = run.uses[0]
    plain = id(first.located.command) in plain_commands(run.step.script)
    if first.usage.verb != "update" or not plain or (len(run.uses) == 1 and not complete):
        _not_updated_by_script(cache, run)
        does = "may fetch lists for another RUN" if first.usage.verb == "update" else "uses the lists of an earlier RUN"
        told = (
            f"`{first.shown}` on line {run.step.instruction.line} {does}, and a builder may empty a mount between them"
        )
        raise LeaveAlone("needed-later", told, "update and install in one RUN")


def _not_updated_by_script(cache: SharedCache, run: CachedRun) -> None:
    """Raise LeaveAlone where a program before the install, which dfix does not know, may update the lists for it."""
    first, line = run.uses[0], run.step.instruction.line
    for command in cache.run_index.of(run.step).commands[: first.order]:
        found = effects(command)
        if found.anything:
            told = f"dfix does not know whether `{found.shown}` on line {line} updates the lists for `{first.shown}`"
            raise LeaveAlone("needed-later", told, "run the manager's `update` before the install, in the same RUN")

"""Commands that only empty package managers' caches, and where they go when their RUN is split."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from dfix.rewriter.knowledge import usage
from dfix.rewriter.layout.chain import after_part
from dfix.rewriter.model.cache_folders import names_cache
from dfix.rewriter.model.commands import chain
from dfix.rewriter.shell.nodes import Command
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Edit, Span

if TYPE_CHECKING:
    from dfix.rewriter.knowledge import Manager
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Node
    from dfix.transforms.split_manifests.installs import InstallRun


class MovedRemoval(NamedTuple):
    """The commands at the end of a RUN that empty what its first part fills, and so follow that part."""

    first: str
    """What the first part gets at its end: ` && npm cache clean --force`; "" for nothing."""
    dropped: tuple[Edit, ...]
    """The edits that remove them from the second part, unless it fills the same cache."""
    commands: frozenset[int]
    """The commands of the second part that empty caches, by `id`."""


def emptied(command: Located, run: InstallRun) -> Manager | None:
    """The manager, among those that a RUN uses, whose cache a command empties without doing anything else."""
    used = usage(command.words)
    if used is not None:
        clean_up = used.manager.clean_up
        return used.manager if clean_up is not None and any(map(used.says, clean_up.done_by)) else None
    if not command.words or program_name(command.words[0]) != "rm" or command.command.redirects:
        return None
    operands = [word for word in command.words[1:] if not word.text.startswith("-")]
    for manager in _managers(run):
        if operands and all(names_cache(word, manager.caches) == "within" for word in operands):
            return manager
    return None


def _managers(run: InstallRun) -> list[Manager]:
    used = (usage(command.words) for command in run.commands)
    return list({u.manager.name: u.manager for u in used if u is not None and u.manager.clean_up is not None}.values())


def moved_removal(run: InstallRun, elements: tuple[Node, ...], at: int) -> MovedRemoval:
    """What happens to the cache removals at the end of a RUN that is split before element `at`.

    `npm ci && npm run build && npm cache clean --force` is split to `npm ci && npm cache clean --force` and
    `npm run build`, because a removal only saves space in the RUN that fills the cache.
    """
    by_id = {id(command.command): command for command in run.commands}
    text, script = run.step.instruction.text, run.step.script
    first, dropped, commands = "", [], set()
    for index in range(len(elements) - 1, at - 1, -1):
        element = elements[index]
        command = by_id.get(id(element)) if isinstance(element, Command) else None
        manager = None if command is None else emptied(command, run)
        if manager is None:
            break
        commands.add(id(element))
        if _fills(run, manager, 0, at):
            written = text[element.span.start : element.span.end]
            over_lines = "\n" in text[script.span.start : elements[at - 1].span.end]
            first = (
                after_part(run.step.instruction, script, at - 1, written).text if over_lines else f" && {written}"
            ) + first
        if not _fills(run, manager, at, index) and index > at:
            dropped.append(Edit(Span(elements[index - 1].span.end, element.span.end), ""))
    return MovedRemoval(first, tuple(dropped), frozenset(commands))


def repeated_removal(run: InstallRun) -> MovedRemoval:
    """The removals, after the install or at the end of the RUN, of what it leaves in caches."""
    install = run.installs[0]
    following = (chain(run.step.script) or ())[install.located.part + 1 :]
    found = [*takewhile(lambda element: _empties(element, run), following)]
    found = found or [*takewhile(lambda element: _empties(element, run), reversed(following))][::-1]
    own = [element for element in found if _empties(element, run, of=install.manager)]
    text = run.step.instruction.text
    first = "".join(f" && {text[element.span.start : element.span.end]}" for element in own)
    return MovedRemoval(first, (), frozenset(map(id, own)))


def _empties(element: Node, run: InstallRun, of: str = "") -> bool:
    """Whether an element of the chain empties the cache of a manager, or of the one that has the command `of`."""
    command = next((command for command in run.commands if command.command is element), None)
    manager = None if command is None else emptied(command, run)
    return manager is not None and (not of or of in manager.commands)


def _fills(run: InstallRun, manager: Manager, start: int, end: int) -> bool:
    """Whether the elements from `start` up to `end` fill a manager's cache."""
    clean_up = manager.clean_up
    used = (usage(command.words) for command in run.commands if start <= command.part < end)
    return clean_up is not None and any(
        u is not None and u.manager is manager and u.verb in clean_up.filling_verbs and not u.has(clean_up.uncached)
        for u in used
    )

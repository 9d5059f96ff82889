"""What the other commands of an install's own RUN need: where that RUN can be split, and what a second RUN repeats."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import Located
from dfix.rewriter.model.copied import Copied
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.neighbours.image_links import links_before, links_made_by
from dfix.rewriter.shell.nodes import Command, Node, Script, Statement
from dfix.rewriter.shell.state import leaks
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.split_manifests.cache_removal import emptied
from dfix.transforms.split_manifests.installs import InstallRun
from dfix.transforms.split_manifests.obstacles import brought_near, why_it_stays

_REPEATABLE = frozenset(("cd", "export", "assignment", "set"))
"""Changes of the shell that a second RUN can repeat."""
_OWN_RUN = "give the install a RUN of its own"
_FIRST_RUN = "run the install first, in a RUN of its own, if it does not need that command"


def first_use_of_sources(run: InstallRun, copies: list[Copied], copied_first: Callable[[], Set[str]]) -> int:
    """The index of the first element of the `&&` chain that needs the sources; the number of elements when none does.

    `npm ci && npm run build` gives 1, `npm ci` gives 1 too. `copied_first` tells which context paths are copied before
    the install. Raises LeaveAlone where the RUN can neither stay whole nor be split after the install.
    """
    installing = {id(install.located.command) for install in run.installs}
    first_install = min(install.located.part for install in run.installs)
    links = links_before(run.step)
    for command in run.commands:
        if id(command.command) in installing or _only_empties_cache(command, run, copies):
            continue
        why = why_it_stays(command, run.step, run.step, copies, links, copied_first)
        links += links_made_by(command)
        if not why:
            continue
        if not run.chained:
            reason = f"{why}, and the RUN cannot be split: its commands are not a plain `&&` chain"
            raise LeaveAlone("not-a-chain", reason, _FIRST_RUN)
        if command.part == first_install:
            reason = f"{why}, and it is part of the same command as the install"
            raise LeaveAlone("reads-first", reason, _OWN_RUN)
        if command.part < first_install:
            raise LeaveAlone("reads-first", f"{why}, and it runs before the install in the same RUN", _FIRST_RUN)
        return command.part
    return 1 + max(command.part for command in run.commands)


def _only_empties_cache(command: Located, run: InstallRun, copies: list[Copied]) -> bool:
    """Whether a command empties a package manager's cache, in whichever home, into which no copy brings anything."""
    manager = emptied(command, run)
    if manager is None:
        return False
    return not any(brought_near(copies, cache.replace("~/", ELSEWHERE)) for cache in manager.caches)


def setup_for_second_run(elements: Iterable[Node], text: str) -> str:
    """What a second RUN repeats of `elements` to have the same shell state: each `cd`, `export` and `set`.

    `cd web && npm ci` gives "cd web && ". Raises LeaveAlone for another change of the shell.
    """
    setup: list[str] = []
    for element in elements:
        changes = leaks(Script(element.span, (Statement(element.span, element, ""),), (), ""))
        if not changes:
            continue
        strange = [change for change in changes if change.kind not in _REPEATABLE]
        if strange:
            reason = f"`{strange[0].what}` changes the shell for the commands that follow"
            raise LeaveAlone("shell-state", reason, _OWN_RUN)
        if not isinstance(element, Command):
            raise LeaveAlone("shell-state", f"`{changes[0].what}` is part of a longer command", _OWN_RUN)
        command = text[element.span.start : element.span.end]
        if "\n" in command:
            raise LeaveAlone("shell-state", f"`{changes[0].what}` spans several lines", "write it on one line")
        if _goes_to_fixed_folder(element):  # an earlier folder may be gone by then
            setup = [earlier for earlier in setup if not earlier.startswith("cd ")]
        setup.append(f"{command} && ")
    return "".join(setup)


def _goes_to_fixed_folder(element: Command) -> bool:
    """Whether a command is `cd /FOLDER`, with a folder that is written literally."""
    values = [word.value for word in element.words]
    return len(values) == 2 and values[0] == "cd" and (values[1] or "").startswith("/")


def check_clean_up(run: InstallRun, at: int, moved: Set[int] = frozenset()) -> None:
    """Raises LeaveAlone where the RUN removes files from element `at` on, except by the commands `moved` (their ids).

    In a RUN of its own, `rm -rf node_modules` would only hide what the install wrote: the layer before it still ships.
    """
    if not run.step.stage.ships:
        return
    for command in run.commands:
        if command.part < at or not command.words or id(command.command) in moved:
            continue
        words = [word.literal_or_text for word in command.words]
        used = usage(command.words)
        uninstalls = used is not None and used.verb in ("remove", "clean")
        removes = program_name(command.words[0]) in of_kind("removes") or uninstalls
        if removes or words[1:2] in (["prune"], ["cache"], ["uninstall"]):
            shown = " ".join(words)[:60]
            hint = "build in a separate stage, and copy only the result from it"
            raise LeaveAlone("removes-after", f"`{shown}` at the end of the RUN only saves space in the same RUN", hint)

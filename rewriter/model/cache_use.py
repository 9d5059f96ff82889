"""Which package managers' caches a RUN fills, and whether its author already empties or avoids them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import CleanUp, Manager, Usage, managers, usage
from dfix.rewriter.model.cache_folders import mounted, names_cache, relation
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from dfix.rewriter.model import Step


_OTHER_CACHES = (
    "~/.cache/uv",
    "~/.cache/pypoetry",
    "~/.cache/go-build",
    "/go/pkg/mod",
    "~/.cargo",
    "/usr/local/cargo",
    "~/.m2",
    "~/.gradle",
    "~/.nuget",
    "~/.ccache",
    "~/.cache/ccache",
)
"""Cache folders of tools that have no clean-up entry."""


class ManagerUse(NamedTuple):
    """A command of a package manager."""

    order: int
    """Its index among the commands of the RUN."""
    located: Located
    usage: Usage

    @property
    def shown(self) -> str:
        """Program and sub-command as the author wrote them, without options: `dnf install`, `python -m pip install`."""
        usage = self.usage
        program = self.located.words[: len(self.located.words) - len(usage.words)]
        verbs = usage.arguments[: len(usage.arguments) - len(usage.operands)]
        return " ".join(word.text for word in (*program, *verbs))


class CacheUse(NamedTuple):
    """A package manager whose caches a RUN fills."""

    manager: Manager
    clean_up: CleanUp
    uses: tuple[ManagerUse, ...]
    """All its commands in the RUN, in source order."""
    filled_by: tuple[ManagerUse, ...]
    """Those of `uses` that fill a cache; never empty."""

    @property
    def runs_itself(self) -> bool:
        """Whether the manager itself cleans up (`npm cache clean`), and not a plain `rm`."""
        return self.clean_up.append.split(" ")[0] in self.manager.commands

    @property
    def only_lists(self) -> bool:
        """Whether the RUN updates package lists and installs nothing, so that they are there for a later RUN."""
        return all(use.usage.verb == "update" for use in self.filled_by)


class RunCommands(NamedTuple):
    """The commands of a RUN, in source order."""

    commands: tuple[Located, ...]
    uses: tuple[ManagerUse, ...]
    """The commands of package managers."""

    @property
    def only_updates(self) -> bool:
        """Whether the RUN fetches package lists and does nothing else."""
        return len(self.uses) == len(self.commands) and all(use.usage.verb == "update" for use in self.uses)


class RunIndex:
    """The commands of each RUN of one Dockerfile, each read once.

    `answers` keeps what a rule has found out about the Dockerfile, by question: it asks for each RUN about all others.
    """

    __slots__ = ("_read", "answers")

    def __init__(self) -> None:
        self._read: dict[Step, RunCommands] = {}
        self.answers: dict[Hashable, object] = {}

    def of(self, step: Step) -> RunCommands:
        """The commands of a RUN; none where dfix does not read its script."""
        run = self._read.get(step)
        if run is None:
            run = self._read[step] = run_commands(located(step))
        return run

    def ran_before(self, step: Step, question: Hashable, is_one: Callable[[RunCommands], bool]) -> bool:
        """Whether `is_one` holds for a RUN before a step, in its stage or those that it builds on.

        Each stage is looked through once for each `question`, which has to name all that `is_one` depends on.
        """
        for stage in step.stage.ancestry():
            if (question, stage) not in self.answers:
                runs = (other for other in stage.steps if other.keyword == "RUN")
                self.answers[question, stage] = next((run.index for run in runs if is_one(self.of(run))), None)
            first = self.answers[question, stage]
            if isinstance(first, int) and (stage is not step.stage or first < step.index):
                return True
        return False


def run_commands(commands: tuple[Located, ...]) -> RunCommands:
    """The commands, and which of them are those of package managers."""
    uses = []
    for order, command in enumerate(commands):
        command_usage = usage(command.words)
        if command_usage is not None:
            uses.append(ManagerUse(order, command, command_usage))
    return RunCommands(commands, tuple(uses))


def cache_uses(step: Step, run: RunCommands) -> list[CacheUse]:
    """The caches that a RUN fills, without those that it empties, turns off or mounts; the last used comes first."""
    unhandled = []
    for name in dict.fromkeys(use.usage.manager.name for use in reversed(run.uses)):
        uses = tuple(use for use in run.uses if use.usage.manager.name == name)
        manager = uses[0].usage.manager
        clean_up = manager.clean_up
        if clean_up is None:
            continue
        filled_by = tuple(use for use in uses if _fills(use.usage, clean_up))
        if filled_by:
            cache_use = CacheUse(manager, clean_up, uses, filled_by)
            if not _is_handled(step, cache_use, run):
                unhandled.append(cache_use)
    return unhandled


def updates(usage: Usage, clean_up: CleanUp) -> bool:
    """Whether a command fetches new package lists and keeps them."""
    return (usage.verb == "update" or usage.has(clean_up.refreshes)) and not usage.has(clean_up.uncached)


def _fills(usage: Usage, clean_up: CleanUp) -> bool:
    without = clean_up.uncached | clean_up.offline
    return usage.verb in clean_up.filling_verbs and not usage.asks and not usage.has(without)


def _is_handled(step: Step, cache_use: CacheUse, run: RunCommands) -> bool:
    """Whether the author turns the cache off, mounts it, or empties it after it was last filled."""
    clean_up = cache_use.clean_up
    text = step.source_text
    if any(name in text or step.env.get(name, "") != "" for name in clean_up.off):
        return True
    if mounted(step, cache_use.manager.caches):
        return True
    last = cache_use.filled_by[-1].order
    if any(use.order > last and any(map(use.usage.says, clean_up.done_by)) for use in run.uses):
        return True
    manager_orders = {use.order for use in run.uses}
    return any(
        _empties(command, clean_up.empties)
        for index, command in enumerate(run.commands)
        if index > last and index not in manager_orders
    )


def _empties(command: Located, caches: tuple[str, ...]) -> bool:
    """Whether a command empties the caches in another way: `rm -rf FOLDER`, `cd FOLDER && rm *`, a clean-up script."""
    if not command.words:
        return False
    program = program_name(command.words[0])
    if "clean" in program:
        return True
    relations = [names_cache(word, caches) for word in command.words[1:]]
    return "within" in relations if program in ("cd", "find", "unlink") else program == "rm" and any(relations)


def cache_stays(step: Step, cache_use: CacheUse) -> None:
    """Raise LeaveAlone where a variable or option moves the manager's cache to a folder that dfix does not know."""
    name = cache_use.manager.name
    for setting in sorted(cache_use.clean_up.moved_by):
        if not setting.startswith("-"):
            if setting in step.env or setting in step.source_text:
                raise LeaveAlone("moved-cache", f"{setting} moves {name}'s cache to another folder")
            continue
        option, _, value = setting.partition("=")
        for use in cache_use.filled_by:
            if any(o.name == option and (o.value or "").startswith(value) for o in use.usage.options):
                raise LeaveAlone("moved-cache", f"`{use.shown} {option}` moves {name}'s cache to another folder")


def mounts_are_known(step: Step, cache_use: CacheUse) -> None:
    """Raise LeaveAlone for a cache mount that belongs to no known tool: settings may have moved this cache there."""
    known_caches = (
        (*_OTHER_CACHES, *(cache for manager in managers() for cache in manager.caches)) if step.mounts else ()
    )
    for mount in step.mounts:
        if mount.kind != "cache" or mount.target is None:
            continue
        if not any(relation(mount.target, cache) for cache in known_caches):
            raise LeaveAlone(
                "cache-mount", f"the cache mount at {mount.target} may contain {cache_use.manager.name}'s cache"
            )

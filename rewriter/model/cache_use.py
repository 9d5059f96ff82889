"""What a RUN leaves in the caches of package managers, and whether its author already takes care of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import CleanUp, Manager, Usage, managers, usage
from dfix.rewriter.model.cache_folders import mounted, names_cache, relation, written
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
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
"""Where tools keep their caches that have none in the image to clean up."""


class Use(NamedTuple):
    """A command of a package manager; `order` counts the commands of the RUN."""

    order: int
    at: Located
    usage: Usage

    @property
    def shown(self) -> str:
        """Program and sub-command as the author wrote them, without options: `dnf install`, `python -m pip install`."""
        usage = self.usage
        program = self.at.words[: len(self.at.words) - len(usage.words)]
        verbs = usage.arguments[: len(usage.arguments) - len(usage.operands)]
        return " ".join(word.text for word in (*program, *verbs))


class Filling(NamedTuple):
    """A package manager whose caches a RUN fills: all its `uses` in the RUN and those that fill, in source order."""

    manager: Manager
    clean_up: CleanUp
    uses: tuple[Use, ...]
    fills: tuple[Use, ...]

    @property
    def runs_itself(self) -> bool:
        """Whether the command that cleans up is one of the manager, and not a plain `rm`."""
        return self.clean_up.append.split(" ")[0] in self.manager.commands

    @property
    def only_lists(self) -> bool:
        """Whether the RUN updates lists of packages and installs nothing, so that a later RUN is to use them."""
        return all(use.usage.verb == "update" for use in self.fills)


class Run(NamedTuple):
    """The commands of a RUN in source order, and those of package managers."""

    commands: tuple[Located, ...]
    uses: tuple[Use, ...]

    @property
    def only_updates(self) -> bool:
        """Whether the RUN fetches lists of packages and does nothing else."""
        return len(self.uses) == len(self.commands) and all(use.usage.verb == "update" for use in self.uses)


class Runs:
    """The RUNs of one Dockerfile, each looked at once."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: dict[Step, Run] = {}

    def of(self, step: Step) -> Run:
        """What a RUN step does; nothing where its script is not read."""
        run = self._seen.get(step)
        if run is None:
            commands = located(step)
            uses = []
            for order, command in enumerate(commands):
                found = usage(command.words)
                if found is not None:
                    uses.append(Use(order, command, found))
            run = self._seen[step] = Run(commands, tuple(uses))
        return run


def fillings(step: Step, run: Run) -> list[Filling]:
    """The managers whose caches the RUN fills and does not clean up, turn off or mount; the last used comes first."""
    found = []
    for name in dict.fromkeys(use.usage.manager.name for use in reversed(run.uses)):
        own = tuple(use for use in run.uses if use.usage.manager.name == name)
        manager = own[0].usage.manager
        clean_up = manager.clean_up
        if clean_up is None:
            continue
        fills = tuple(use for use in own if _fills(use.usage, clean_up))
        if fills:
            filling = Filling(manager, clean_up, own, fills)
            if not _taken_care_of(step, filling, run):
                found.append(filling)
    return found


def updates(one: Usage, clean_up: CleanUp) -> bool:
    """Whether a command fetches the lists of packages anew and keeps them."""
    return (one.verb == "update" or one.has(clean_up.refreshes)) and not one.has(clean_up.uncached)


def _fills(one: Usage, clean_up: CleanUp) -> bool:
    without = clean_up.uncached | clean_up.offline | one.manager.asks
    return one.verb in clean_up.fills and not one.has(without)


def _taken_care_of(step: Step, filling: Filling, run: Run) -> bool:
    clean_up = filling.clean_up
    text = written(step)
    if any(name in text or step.env.get(name, "") != "" for name in clean_up.off):
        return True
    if mounted(step, filling.manager.caches):
        return True
    last = filling.fills[-1].order
    if any(use.order > last and any(map(use.usage.says, clean_up.done_by)) for use in run.uses):
        return True
    managers = {use.order for use in run.uses}
    return any(
        _empties(command, clean_up.empties)
        for index, command in enumerate(run.commands)
        if index > last and index not in managers
    )


def _empties(command: Located, caches: tuple[str, ...]) -> bool:
    """Whether a command cleans up in the author's own way: `rm -rf FOLDER`, `cd FOLDER && rm *`, a clean-up script."""
    if not command.words:
        return False
    program = program_name(command.words[0])
    if "clean" in program:
        return True
    found = [names_cache(word, caches) for word in command.words[1:]]
    return "within" in found if program in ("cd", "find", "unlink") else program == "rm" and any(found)


def cache_stays(step: Step, filling: Filling) -> None:
    """Raise LeaveAlone where something puts the manager's cache at a place that is not known here."""
    name = filling.manager.name
    for setting in sorted(filling.clean_up.moved_by):
        if not setting.startswith("-"):
            if setting in step.env or setting in written(step):
                raise LeaveAlone("moved-cache", f"{setting} puts the cache of {name} elsewhere")
            continue
        option, _, value = setting.partition("=")
        for use in filling.fills:
            if any(o.name == option and (o.value or "").startswith(value) for o in use.usage.options):
                raise LeaveAlone("moved-cache", f"`{use.shown} {option}` puts the cache of {name} elsewhere")


def mounts_are_known(step: Step, filling: Filling) -> None:
    """Raise LeaveAlone for a cache mount at a place of no known tool: settings may have put this cache there."""
    known = (*_OTHER_CACHES, *(cache for manager in managers() for cache in manager.caches)) if step.mounts else ()
    for mount in step.mounts:
        if mount.kind != "cache" or mount.target is None:
            continue
        if not any(relation(mount.target, cache) for cache in known):
            raise LeaveAlone(
                "cache-mount", f"the cache mount on {mount.target} may hold the cache of {filling.manager.name}"
            )

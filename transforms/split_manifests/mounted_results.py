"""What an install leaves in a cache mount or tmpfs, where a later command looks for it.

Before a split, each edit of a source runs the install again, which fills the mount. After it, the install comes from
the build cache, whose layers hold nothing of the mount: that may be empty on this builder, or filled by another
project. A mount of downloads alone does no harm, because what the install makes of them is in the layer; and a build
that downloads by itself fetches what is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge import usage
from dfix.rewriter.knowledge.load import load
from dfix.rewriter.knowledge.mounted_folders import mounted_folders
from dfix.rewriter.model import Model, Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.effects import conflict, effects
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.effects.places import named_by
from dfix.rewriter.model.mounts import Mount
from dfix.rewriter.model.paths import overlaps, within
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.transforms.split_manifests.fetch_first import is_system_cache
from dfix.transforms.split_manifests.installs import InstallRun

_HOME = expression(r"(?:/root|/home/[^/]+)(?=/)")
_NODE_MODULES = expression(r"(?m)^nodeLinker:\s*[\"']?node-modules\b")
_ENVIRONMENT = expression(r"virtualenvs\.(?:create false|in-project true)")
"""How `poetry config` says that the cache holds no virtual environment."""
_SECRETS = ("secret", "ssh")
_HINT = "mount only the folder of the manager's downloads, so that the layer keeps what the install makes of them"


class _Later(NamedTuple):
    """A command after the install that sees the same mount."""

    command: Located
    step: Step
    script: tuple[Located, ...]
    """The commands of its RUN from the first that comes after the install."""


def check_mounted_results(model: Model, run: InstallRun, at: int | None, yarn_settings: str) -> None:
    """Raises LeaveAlone where a command after the installs needs what they leave in a mount.

    `at` is the first part of the RUN that will be in a RUN of its own; None where the RUN stays whole.
    `yarn_settings` is the text of .yarnrc.yml.
    """
    for mount in run.step.mounts:
        if mount.kind not in ("cache", "tmpfs") or mount.target is None:
            continue
        later = list(_later(model, run, mount, at))
        holds_downloads = _is_harmless(run, mount.target, yarn_settings)
        if not holds_downloads:
            _check_scripts(model, run, mount)
        if later:
            _check_mount(run, mount, later, holds_downloads=holds_downloads)


def _check_mount(run: InstallRun, mount: Mount, later: list[_Later], *, holds_downloads: bool) -> None:
    target = mount.target or ""
    needing = next((use.command for use in later if _needs_downloads(use)), None)
    named = next((use.command for use in later if _names(use.command, target)), None)
    if needing is not None:
        raise _needs(run, needing, mount, "downloads nothing by itself")
    if named is not None:
        raise _needs(run, named, mount, "uses that folder")
    if is_system_cache(target):
        lists = next((use.command for use in later if _needs_lists(use)), None)
        if lists is not None:
            raise _needs(run, lists, mount, "needs the package lists there")
    elif not holds_downloads and (healer := _filled_again_by(run, target)):
        _check_filled_again(run, mount, later, healer)
    elif not holds_downloads:
        needing = next((use.command for use in later if not _is_simple(use.command, target)), None)
        if needing is not None:
            raise _needs(run, needing, mount, f"may need what `{run.installs[0].shown}` leaves there")


def _needs(run: InstallRun, command: Located, mount: Mount, why: str) -> LeaveAlone:
    what = "tmpfs" if mount.kind == "tmpfs" else "cache mount"
    reason = (
        f"`{shown(command)}` {why}, and a {what} holds {mount.target}: it may be empty where "
        f"`{run.installs[0].shown}` comes from the build cache"
    )
    return LeaveAlone("mount", reason, _HINT)


def _later(model: Model, run: InstallRun, mount: Mount, at: int | None) -> Iterator[_Later]:
    """The commands after the installs that see the mount: in the second part of the RUN, and in later RUNs."""
    if at is not None:
        rest = tuple(command for command in run.commands if command.part >= at)
        yield from (_Later(command, run.step, rest) for command in rest)
    for step in _later_runs(model, run, mount):
        commands = located(step, conditions=True)
        yield from (_Later(command, step, commands) for command in commands)


def _later_runs(model: Model, run: InstallRun, mount: Mount) -> Iterator[Step]:
    start = run.step.instruction.span.start
    for stage in model.stages:
        for step in stage.steps:
            is_later = step.keyword == "RUN" and step.instruction.span.start > start
            if is_later and any(_is_same(mount, other) for other in step.mounts):
                yield step


def _is_same(one: Mount, other: Mount) -> bool:
    if one.kind != "cache" or other.kind != "cache" or one.target is None:
        return False
    return other.target is None or overlaps(one.target, other.target) or one.id == other.id is not None


def _check_scripts(model: Model, run: InstallRun, mount: Mount) -> None:
    """Raises LeaveAlone for a later RUN with the same mount whose script dfix cannot read."""
    step = next((step for step in _later_runs(model, run, mount) if step.script.opaque), None)
    if step is not None:
        reason = f"the RUN on line {step.instruction.line} may need what `{run.installs[0].shown}` leaves in its mount"
        raise LeaveAlone("mount", f"{reason} at {mount.target}", _HINT)


def _needs_downloads(use: _Later) -> bool:
    """Whether a command takes its packages from the caches alone: `mvn -o`, `--no-restore`, `--network=none`."""
    used = usage(use.command.words)
    if used is None:
        return False
    network = use.step.instruction.flag("network")
    if network is not None and (network.value or "").lower() == "none":
        return True
    offline = mounted_folders().offline
    options = offline[""] | offline.get(used.manager.name, frozenset())
    if used.has(options) or any(word.literal_or_text in options for word in used.words):
        return True
    settings = {} if used.manager.prefetch is None else used.manager.prefetch.settings
    values = {**use.command.env, **use.command.assigned}
    return any(
        name in values and (values[name] is None or unwanted in (values[name] or ""))
        for name, unwanted in settings.items()
        if unwanted in ("off", "true", "-o")
    )


def _names(command: Located, target: str) -> bool:
    """Whether a command names a path in the mount, other than to remove it or to say where a cache is."""
    if not command.words or program_name(command.words[0]) == "rm":
        return False
    moved = mounted_folders().moved
    for before, word in zip(command.words, command.words[1:], strict=False):
        name, _, value = word.text.partition("=")
        if word.text.startswith("-") or before.text in moved or name in moved:
            continue
        path = named_by(command, word)
        if path is not None and (within(path, target) or (value and value.startswith(target))):
            return True
    return False


def _needs_lists(use: _Later) -> bool:
    """Whether a command installs system packages with lists that no command of the same RUN updates before it."""
    used = usage(use.command.words)
    if used is None or not used.manager.system or used.verb != "install":
        return False
    before = use.script[: use.script.index(use.command)]
    return not any((other := usage(command.words)) is not None and other.verb == "update" for command in before)


def _is_harmless(run: InstallRun, target: str, yarn_settings: str) -> bool:
    """Whether a folder holds only downloads, from which installs copy, or nothing that an install needs or makes."""
    table = mounted_folders()
    if is_system_cache(target) or target in table.temporary or any(target.endswith("/" + end) for end in table.builds):
        return True
    path = _in_home(run.step, target)
    managers = {install.manager for install in run.installs}
    if path in table.above and managers <= table.above[path]:
        return True
    folders = [*table.downloads, *_said(run)]
    if _keeps_environments_elsewhere(run):
        folders.append("~/.cache/pypoetry")
    if any(within(one, folder) for one in (path, target) for folder in folders):
        return True
    return within(path, "~/.yarn/berry/cache") and bool(_NODE_MODULES.search(yarn_settings))


def _in_home(step: Step, path: str) -> str:
    """The path with `~` for the home that it is in."""
    home = step.env.get("HOME")
    if home and path.startswith(home + "/"):
        return "~" + path[len(home) :]
    return _HOME.sub("~", path, count=1) if _HOME.match(path) else path


def _said(run: InstallRun) -> Iterator[str]:
    """The folders of downloads that the installs' own options and variables name: `npm ci --cache /npm`."""
    moved = mounted_folders().moved
    for install in run.installs:
        command = install.located
        for name, value in {**command.env, **command.assigned}.items():
            if name in moved and value is not None and value.startswith("/"):
                yield value
        for before, word in zip(command.words, command.words[1:], strict=False):
            name, sign, value = word.literal_or_text.partition("=")
            if sign and name in moved and value.startswith("/"):
                yield value
            elif before.text in moved and (path := named_by(command, word)) is not None:
                yield path


def _keeps_environments_elsewhere(run: InstallRun) -> bool:
    """Whether Poetry makes its virtual environment in the project, or none: it is not in the cache then."""
    env = {**run.installs[0].located.env, **run.installs[0].located.assigned}
    create, within_project = env.get("POETRY_VIRTUALENVS_CREATE"), env.get("POETRY_VIRTUALENVS_IN_PROJECT")
    if (create or "").lower() in ("0", "false") or (within_project or "").lower() in ("1", "true"):
        return True
    texts = (step.source_text for step in run.step.stage.steps[: run.step.index + 1] if step.keyword == "RUN")
    return any(_ENVIRONMENT.search(text) for text in texts)


def _filled_again_by(run: InstallRun, target: str) -> str:
    """The manager whose builds fetch what they miss in the folder; "" for none."""
    path = _in_home(run.step, target)
    for install in run.installs:
        manager = load(install.manager)
        if manager.prefetch is None:
            continue
        env = {**install.located.env, **install.located.assigned}
        said = [value for name in manager.prefetch.cache_variables if (value := env.get(name)) is not None]
        if any(within(one, folder) for one in (path, target) for folder in (*manager.caches, *said)):
            return manager.name
    return ""


def _check_filled_again(run: InstallRun, mount: Mount, later: list[_Later], manager: str) -> None:
    """Raises LeaveAlone where a later command may need the packages, and not fetch them itself."""
    assert mount.target is not None
    secrets = {m.kind for m in run.step.mounts if m.kind in _SECRETS}
    for use in later:
        if not secrets <= {m.kind for m in use.step.mounts}:
            raise _needs(run, use.command, mount, "has no secrets with which to fetch again")
        used = usage(use.command.words)
        if used is not None and used.manager.name == manager:
            continue
        if mounted_folders().offline.get(manager) and not _is_simple(use.command, mount.target):
            raise _needs(run, use.command, mount, f"may build without fetching as `{manager}` does")


def _is_simple(command: Located, target: str) -> bool:
    """Whether dfix knows all that a command reads and writes, and nothing of it is in the mount."""
    return not conflict(
        effects(command), lambda path: overlaps(path, target), reads_differ=lambda path: overlaps(path, target)
    )

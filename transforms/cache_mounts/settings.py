"""Settings with which a cache mount would be of no use, or break the build: other folders, no cache, offline, links."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone

if TYPE_CHECKING:
    from dfix.rewriter.model.cache_use import ManagerUse
    from dfix.transforms.cache_mounts.cached_run import CachedRun, SharedCache

_NO = ("", "0", "false", "no", "off")
_MOST_FILES = 50
"""How many settings files of the context are read; the number is a choice."""


def usual_settings(cache: SharedCache) -> None:
    """Raise LeaveAlone where something moves the cache, turns it off, or needs what an earlier command left in it."""
    for run in cache.runs:
        _variables(cache, run)
        for use in run.uses:
            _options(cache, use)
        network = run.step.instruction.flag("network")
        if network is not None and network.value == "none":
            told = f"the RUN on line {run.step.instruction.line} has no network, so it needs a filled cache"
            raise LeaveAlone("needed-later", told)
    _commands(cache)
    _files(cache)


def _variables(cache: SharedCache, run: CachedRun) -> None:
    mount, name, step = cache.mount, cache.manager.name, run.step
    in_cache = any(folder.startswith("~/.cache") for folder in mount.folders)
    homes = mount.homes | ({"XDG_CACHE_HOME"} if in_cache else frozenset())
    given: dict[str, str | None] = dict(step.env)
    for use in run.uses:
        given.update(use.located.assigned)
    for variable in sorted(homes & given.keys()):
        if given[variable] is None or given[variable] != mount.defaults.get(variable):
            raise LeaveAlone("moved-cache", f"{variable} moves {name}'s cache to another folder")
    for variable in sorted(mount.off & given.keys()):
        told = f"{variable} turns {name}'s cache off, so a mount would stay empty"
        raise LeaveAlone("cache-off", told, f"remove {variable}")
    for variable, text in sorted(mount.offline_variables.items()):
        value = given.get(variable)
        if value is not None and ((text and text in value) or (not text and value.lower() not in _NO)):
            raise LeaveAlone("needed-later", f"{variable} makes `{run.uses[0].shown}` work from the cache alone")
    for variable, text in sorted(mount.links.items()):
        value = given.get(variable)
        if variable[0] != "-" and value is not None and text in value:
            raise LeaveAlone("linked-cache", f"{variable}={value} makes installed files links into {name}'s cache")


def _options(cache: SharedCache, use: ManagerUse) -> None:
    mount, name = cache.mount, cache.manager.name
    for option in use.usage.options:
        shown = f"`{use.shown} {option.name}`"
        for setting in mount.moved_by:
            wanted, _, value = setting.partition("=")
            if option.name == wanted and (option.value or "").startswith(value):
                raise LeaveAlone("moved-cache", f"{shown} moves {name}'s cache to another folder")
        if option.name in mount.offline:
            told = f"{shown} needs what an earlier command left in the folder, and a builder may empty a mount"
            raise LeaveAlone("needed-later", told)
        if option.name in mount.links and mount.links[option.name] in (option.value or ""):
            raise LeaveAlone("linked-cache", f"{shown} makes installed files links into {name}'s cache")
        if option.name in mount.keeps_own:
            raise LeaveAlone("own-results", f"{shown} puts programs where a mount may hide them")
    if any(word.text.startswith("-Dmaven.repo.local") for word in use.usage.words):
        raise LeaveAlone("moved-cache", f"`{use.shown}` names another repository")
    for word in use.usage.arguments:
        if word.literal_or_text in mount.keeps_own:
            shown = use.shown if word.text in use.shown else f"{use.shown} {word.text}"
            told = f"`{shown}` puts the project's own results into {name}'s folder, where other builds find them"
            raise LeaveAlone("own-results", told)


def _commands(cache: SharedCache) -> None:
    """Raise LeaveAlone for a command of the manager that changes where the cache is, or runs programs from it."""
    mount, name = cache.mount, cache.manager.name
    mounted = {run.step for run in cache.runs}
    for step in (step for stage in cache.stages for step in stage.steps if step.keyword == "RUN"):
        for use in cache.run_index.of(step).uses:
            if use.usage.manager is cache.manager and _may_move(cache, use):
                raise LeaveAlone("moved-cache", f"`{use.shown}` on line {step.instruction.line} may move the cache")
        for command in cache.run_index.of(step).commands if mount.runs_from and step in mounted else ():
            shown = " ".join(word.literal_or_text for word in command.words[:2])
            first = shown.partition(" ")[0].rpartition("/")[2]
            if shown in mount.runs_from or first in mount.runs_from:
                told = f"`{shown}` in the same RUN runs programs that it keeps in {name}'s cache"
                raise LeaveAlone("needed-later", told, "give it a RUN of its own")


def _may_move(cache: SharedCache, use: ManagerUse) -> bool:
    """Whether a command sets one of the manager's settings about its cache."""
    words = [word.literal_or_text for word in use.usage.words]
    said = " ".join(words)
    sets = words[:1] in (["config"], ["set"], ["c"]) or (words[:1] == ["env"] and "-w" in words)
    return sets and any(key in said for key in (*cache.mount.moved_keys, *cache.mount.homes, "cache", "store"))


def _files(cache: SharedCache) -> None:
    """Raise LeaveAlone where a settings file of the context moves the cache or links to it."""
    mount, name, context = cache.mount, cache.manager.name, cache.model.context
    keys = (*mount.linked_by, *mount.moved_keys)
    named = list(_named_files(cache))
    if context is None:
        if named:
            raise LeaveAlone("moved-cache", f"{named[0]} may move {name}'s cache, and dfix knows no build context")
        if mount.linked_by:
            told = f"without the build context dfix cannot tell whether installed files are links into {name}'s cache"
            raise LeaveAlone("no-context", told, "name the build context with --context")
        return
    if not keys:
        return
    by_name: dict[str, list[str]] = {}
    for path in context.below(""):
        by_name.setdefault(posixpath.basename(path), []).append(path)
    unknown = next((file for file in named if posixpath.basename(file) not in by_name), "")
    if unknown:
        raise LeaveAlone("moved-cache", f"{unknown} is not in the build context, and may move {name}'s cache")
    names = dict.fromkeys((*mount.settings_files, *map(posixpath.basename, named)))
    for path in [path for file in names for path in by_name.get(file, ())][:_MOST_FILES]:
        key = _key(context.read(path) or "", keys)
        told = f"`{key}` in {path} decides where {name}'s files are"
        if key in mount.linked_by:
            raise LeaveAlone("linked-cache", told)
        if key:
            raise LeaveAlone("moved-cache", told)


def _named_files(cache: SharedCache) -> Iterator[str]:
    """The settings files that options name."""
    for run in cache.runs:
        for use in run.uses:
            for option in use.usage.options:
                if option.name in cache.mount.settings_options:
                    yield option.value or option.word.text


def _key(text: str, keys: tuple[str, ...]) -> str:
    """The first of the keys that a settings file sets; "" for none."""
    return next((key for line in text.splitlines() for key in keys if _sets(line, key)), "")


def _sets(line: str, key: str) -> bool:
    """Whether a line sets a key: `cache=/x`, `"cache-dir": "/x"`, `cache-folder "/x"`, `<localRepository>/x`."""
    rest = line.lstrip(" \t{,\"'<")
    return rest.startswith(key) and rest[len(key) :].lstrip("\"' \t")[:1] in ("=", ":", "/", ".", ">") and rest != key

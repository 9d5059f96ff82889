"""Settings that move a manager's cache into another folder, or make it install from the cache."""

from __future__ import annotations

import posixpath
import re
from functools import cache, partial
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.transforms.clean_up.removed_files import Removal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.model import Stage, Step
    from dfix.rewriter.model.cache_use import CacheUse
    from dfix.rewriter.model.commands import Located
    from dfix.transforms.clean_up.removed_files import Search

_NO = frozenset(("false", "0", "no", "off", "null", ""))
_HOMES = (
    "/root",
    "/home/node",
    "/usr/local/etc",
    "/etc",
    "/root/.config/pip",
    "/root/.pip",
    "/root/.composer",
    "/opt/conda",
)
"""Image folders in which managers look for settings besides the project's."""


def not_moved(search: Search, step: Step, cache_use: CacheUse) -> None:
    """Raise LeaveAlone where a setting moves the manager's cache to another folder, or an install takes from it.

    That folder may be the application's, so it is not emptied.
    """
    keys = cache_use.clean_up.moved_keys
    removal = Removal(search, cache_use, lists=False)
    for use in cache_use.filled_by:
        offline = offline_setting(removal, step, use.located) if use.usage.verb == "install" else ""
        if offline:
            raise LeaveAlone("needed-later", f"{offline} makes `{use.shown}` install from the cache")
        setting = _setting(search, step, use.located.folder, cache_use, keys)
        if not setting and "HOME" in use.located.assigned and any(path[0] == "~" for path in cache_use.manager.caches):
            setting = "the HOME that the RUN sets"  # the image's own HOME is another one
        if setting:
            raise LeaveAlone("moved-cache", f"{setting} moves {cache_use.manager.name}'s cache to another folder")


def offline_setting(removal: Removal, step: Step, command: Located) -> str:
    """What makes an install take everything from the cache, as a phrase; "" for nothing."""
    clean_up = removal.cache_use.clean_up
    for name in sorted(clean_up.offline_variables):
        if (name in command.env and (command.env[name] or "true").lower() not in _NO) or name in command.assigned:
            return name
    return _setting(removal.search, step, command.folder, removal.cache_use, clean_up.offline_keys)


def _setting(search: Search, step: Step, folder: str | None, cache_use: CacheUse, keys: tuple[str, ...]) -> str:
    """Where one of the keys is set: in a settings file of the context, or by a command up to a step."""
    manager = cache_use.manager
    if not keys:
        return ""
    for path in settings_files(search, step, folder, cache_use.clean_up.settings_files):
        context = search.model.context
        found = _in_file(keys).search((context.read(path) if context is not None else None) or "")
        if found is not None and found["value"].strip("\"', ").lower() not in _NO:
            return f"`{found['key']}` in {path}"
    for stage in step.stage.ancestry():
        last = step.index if stage is step.stage else len(stage.steps)
        question = ("setting", manager.name, keys, stage)
        index, told = search.once(question, partial(_first_setting, search, stage, cache_use, keys))
        if told and index <= last:
            return told
    return ""


def _first_setting(search: Search, stage: Stage, cache_use: CacheUse, keys: tuple[str, ...]) -> tuple[int, str]:
    """The first RUN of a stage that sets one of the keys, by its index, and where; an index and "" if none does."""
    manager, files = cache_use.manager, cache_use.clean_up.settings_files
    for step in stage.steps:
        text = step.source_text if step.keyword == "RUN" else ""
        in_files = any(name in text for name in files)
        if manager.name not in text and not in_files:
            continue
        for use in search.runs.of(step).uses:
            words = [word.literal_or_text for word in use.usage.arguments]
            set_here = use.usage.manager is manager and any(word.partition("=")[0] in keys for word in words[1:])
            if set_here and ("config" in words[:2] or words[0] == "set"):
                return step.index, f"`{' '.join(word.text for word in use.located.words)}`"
        if in_files and _in_text(keys).search(text):
            return step.index, f"line {step.instruction.line}"
    return 0, ""


def settings_files(search: Search, step: Step, folder: str | None, names: tuple[str, ...]) -> Iterator[str]:
    """The manager's settings files that the context brings: in the folder of the install or above it, or in a home."""
    folders = [folder or "?"]
    while posixpath.dirname(folders[-1]) != folders[-1]:
        folders.append(posixpath.dirname(folders[-1]))
    home = step.env.get("HOME")
    for place in dict.fromkeys((*folders, *_HOMES, *([home] if home else ()))):
        for name in names:
            yield from search.scripts.placed.at(posixpath.join(place, name))


@cache
def _in_file(keys: tuple[str, ...]) -> re.Pattern[str]:
    """A key in a settings file: `cache=x`, `cache-folder "x"`, `"cache-dir": "x"`, `pkgs_dirs:` with its list below."""
    return re.compile(
        rf"(?:^|[{{,])[ \t]*[\"']?(?P<key>{_any(keys)})[\"']?(?:[ \t]*[:=]|[ \t])(?P<value>[^\n]*(?:\n\s*-[^\n]*)?)",
        re.MULTILINE,
    )


@cache
def _in_text(keys: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{_any(keys)})[\"']?\s*[:=]\s*\S")


def _any(keys: tuple[str, ...]) -> str:
    return "|".join(map(re.escape, sorted(keys, key=len, reverse=True)))

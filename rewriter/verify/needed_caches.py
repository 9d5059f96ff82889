"""Caches from which a container installs when it starts: one of these that is gone is no gain, but a fault."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dfix.rewriter.knowledge import Manager, managers
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.cache_paths import CachePaths
from dfix.rewriter.verify.compare import PRESENCE, Comparison, Difference
from dfix.rewriter.verify.image import Image

_BETWEEN_WORDS = expression(r"[\s\"',;|&=()]+")
_NO = frozenset(("false", "0", "no", "off", "null", ""))


class _Need(NamedTuple):
    """A command of a container, and the cache folders that it needs."""

    command: str
    folders: tuple[str, ...]


def needed_at_start(found: Comparison, before: Image, after: Image) -> Comparison:
    """Move caches that are gone, though a container of the new image needs them, to the differences that count."""
    for need in _needs(after.config):
        places = CachePaths(need.folders, before.homes | after.homes)
        cached = [one for one in found.caches if one.kind == PRESENCE and _within(one, places)]
        # a log whose name has the time is gone, too, but there is a new one beside it
        renewed = {posixpath.dirname(one.path) for one in cached if not _is_gone(one)}
        gone = [one for one in cached if _is_gone(one) and posixpath.dirname(one.path) not in renewed]
        found = found._replace(
            differences=(*found.differences, *(one._replace(what=f"{one.what}: {need.command}") for one in gone)),
            caches=tuple(one for one in found.caches if one not in gone),
            cache_bytes=found.cache_bytes - sum(one.bytes for one in gone),
        )
    return found


def _needs(config: Mapping[str, Any]) -> Iterator[_Need]:
    """What the commands of an image need, as far as their own words tell: scripts that they run are not read."""
    fields = config.get("config") or {}
    variables = dict(str(item).partition("=")[::2] for item in fields.get("Env") or ())
    started = [*(fields.get("Entrypoint") or ()), *(fields.get("Cmd") or ())]
    for words in (started, ((fields.get("Healthcheck") or {}).get("Test") or ())[1:]):
        text = " ".join(map(str, words))
        for manager in managers() if text else ():
            folders, how = _needed(manager, _BETWEEN_WORDS.split(text), variables)
            if folders:
                yield _Need(f"`{text}` {how}", folders)


def _needed(manager: Manager, words: Sequence[str], variables: Mapping[str, str]) -> tuple[tuple[str, ...], str]:
    """The cache folders without which a manager's command fails, and how it uses them; none where it fetches again."""
    clean_up = manager.clean_up
    at = next((at for at, word in enumerate(words) if posixpath.basename(word) in manager.commands), None)
    if clean_up is None or at is None:
        return (), ""
    kind = next((kind for word in words[at + 1 :] if (kind := manager.verbs.get(word))), "")
    if clean_up.lists and kind == "install":
        return clean_up.empties, "installs without updating the package lists"
    offline = not clean_up.offline.isdisjoint(words[at + 1 :]) or any(
        variables.get(name, "").lower() not in _NO for name in clean_up.offline_variables
    )
    return (clean_up.empties, "installs from the cache") if offline else ((), "")


def _is_gone(difference: Difference) -> bool:
    return difference.what.startswith("is gone")


def _within(difference: Difference, places: CachePaths) -> bool:
    return any(places.inside(path[1:]) for path in (difference.path, *difference.below))

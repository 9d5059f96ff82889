"""Comparing two images: what differs, what of that is build noise, and what is in cache folders."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.cache_paths import CachePaths
from dfix.rewriter.verify.engine import LABEL
from dfix.rewriter.verify.image import Entry, Image
from dfix.rewriter.verify.noise import excuse

PRESENCE, CONTENT = "presence", "content"
BUILT_TWICE = "differs between two builds of the same file"
_PLATFORM = ("architecture", "os", "variant", "author")
"""What an image sets outside of its configuration; MAINTAINER sets the author."""
_WHOLE = (
    "Cmd", "Entrypoint", "WorkingDir", "User", "ExposedPorts", "Volumes", "Healthcheck", "StopSignal", "Shell",
    "OnBuild", "ArgsEscaped",
)  # fmt: skip


class Origin(NamedTuple):
    """The instruction of a Dockerfile that wrote a path of the image, or sets a part of its configuration."""

    line: int
    """0 for the base image."""
    text: str
    """The instruction in one line, shortened; "" for the base image."""


class Difference(NamedTuple):
    """One difference between two images."""

    path: str
    """Begins with `/`, or is "config User" or "config Env PATH"."""
    what: str
    """A phrase: "is gone", "mode 0600, was 0644"."""
    bytes: int = 0
    """The size of the files concerned, after minus before; 0 if unknown."""
    kind: str = CONTENT
    """presence, type, mode, owner, content, target, config or "xattr NAME"."""
    below: tuple[str, ...] = ()
    """The paths that were added or removed with the folder `path`."""
    was: Origin | None = None
    """What wrote or removed it before; None where nothing did, or that is not known."""
    now: Origin | None = None
    """The same in the other version."""


class Comparison(NamedTuple):
    """What differs between two images, each sorted by path."""

    differences: tuple[Difference, ...]
    """Those that count."""
    noise: tuple[tuple[Difference, str], ...]
    """Ignored ones, each with the reason."""
    caches: tuple[Difference, ...]
    """Those in cache folders."""
    cache_bytes: int
    """By how much the cache folders grew."""
    allowed: tuple[tuple[Difference, str], ...] = ()
    """Those that the settings allow, each with their reason."""


def compare(before: Image, after: Image, caches: Sequence[str], homes: Set[str] = frozenset()) -> Comparison:
    """Compare the files and the configurations of two images; times, history and layers may differ.

    `caches` are cache folders as in `knowledge/*.toml`: `/var/cache/apt`, or `~/.npm` for any home, also for `homes` of
    the Dockerfile's own.
    """
    homes = homes | before.homes | after.homes
    places = CachePaths(caches, homes)
    evidence = list(config_differences(before.config, after.config))
    noise, cached = [], []
    for difference in _files(before.entries, after.entries):
        if _is_cache(difference, before, after, places):
            cached.append(difference)
        elif reason := excuse(difference.path[1:], difference.kind == CONTENT, homes):
            noise.append((difference, reason))
        else:
            evidence.append(difference)
    return Comparison(
        differences=_gathered(evidence),
        noise=tuple(sorted(noise)),
        caches=_gathered(cached),
        cache_bytes=sum(difference.bytes for difference in cached),
    )


def without(comparison: Comparison, noise_paths: Comparison) -> Comparison:
    """Move each difference that `noise_paths` has too, with the same kind, to the noise.

    `noise_paths` compares two builds of the same file. An added or removed folder only counts as noise if everything
    added or removed with it is in `noise_paths` too.
    """
    known = {(path, found.kind) for found in noise_paths.differences for path in (found.path, *found.below)}
    kept, moved = [], []
    for difference in comparison.differences:
        if all((path, difference.kind) in known for path in (difference.path, *difference.below)):
            moved.append((difference, BUILT_TWICE))
        else:
            kept.append(difference)
    return comparison._replace(differences=tuple(kept), noise=tuple(sorted([*comparison.noise, *moved])))


def allow(comparison: Comparison, allowed: Sequence[tuple[str, str]]) -> Comparison:
    """Move each difference that the settings allow, by path or pattern with reason, out of those that count.

    A pattern covers what is below the path that it matches. An added or removed folder needs it for all that is below.
    """
    kept, moved = [], []
    for difference in comparison.differences:
        paths = (difference.path, *difference.below)
        reason = next((why for pattern, why in allowed if all(_covers(pattern, path) for path in paths)), None)
        if reason is None:
            kept.append(difference)
        else:
            moved.append((difference, reason))
    return comparison._replace(differences=tuple(kept), allowed=tuple(moved))


def _covers(pattern: str, path: str) -> bool:
    from fnmatch import fnmatchcase

    return fnmatchcase(path, pattern) or fnmatchcase(path, f"{pattern.rstrip('/')}/*")


def _is_cache(difference: Difference, before: Image, after: Image, places: CachePaths) -> bool:
    """A cache folder may come and go, but its type, mode and owner must match, or the cache may not work."""
    path = difference.path[1:]
    if difference.kind == PRESENCE:
        return places.only_for_cache(path, before.entries if path in before.entries else after.entries)
    return places.inside(path)


def _gathered(differences: list[Difference]) -> tuple[Difference, ...]:
    """Sort the differences, and attach added or removed paths to the topmost folder added or removed with them."""
    came_or_went = {difference.path for difference in differences if difference.kind == PRESENCE}
    folders: dict[str, list[Difference]] = {}
    rest = []
    for difference in sorted(differences):
        top = _topmost(difference.path, came_or_went) if difference.kind == PRESENCE else difference.path
        if top == difference.path:
            rest.append(difference)
        else:
            folders.setdefault(top, []).append(difference)
    return tuple(_with_below(difference, folders.get(difference.path, [])) for difference in rest)


def _topmost(path: str, paths: set[str]) -> str:
    while (folder := path.rpartition("/")[0]) in paths:
        path = folder
    return path


def _with_below(folder: Difference, below: list[Difference]) -> Difference:
    if not below or folder.kind != PRESENCE:
        return folder
    return folder._replace(
        what=f"{folder.what}, with {len(below)} path{'s' if len(below) > 1 else ''} below it",
        bytes=folder.bytes + sum(difference.bytes for difference in below),
        below=tuple(difference.path for difference in below),
    )


def _files(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> Iterator[Difference]:
    for path, entry in before.items():
        if path not in after:
            yield Difference(f"/{path}", "is gone", -entry.size, PRESENCE)
        elif after[path] != entry:
            yield from entry_differences(f"/{path}", entry, after[path])
    for path, entry in after.items():
        if path not in before:
            yield Difference(f"/{path}", "is new", entry.size, PRESENCE)


def entry_differences(path: str, before: Entry, after: Entry) -> Iterator[Difference]:
    """How one path of two images differs."""
    grown = after.size - before.size
    if after.kind != before.kind:
        yield Difference(path, f"now {_named(after)}, was {_named(before)}", grown, "type")
        return
    if after.mode != before.mode:
        yield Difference(path, f"mode {after.mode:04o}, was {before.mode:04o}", 0, "mode")
    if (after.uid, after.gid) != (before.uid, before.gid):
        yield Difference(path, f"owner {after.uid}:{after.gid}, was {before.uid}:{before.gid}", 0, "owner")
    if after.digest != before.digest:
        sizes = f"{after.size} bytes, was {before.size}" if grown else f"{after.size} bytes, as before"
        yield Difference(path, f"content differs ({sizes})", grown, CONTENT)
    if after.target != before.target:
        verb = "links to" if after.kind == "link" else "is device"
        yield Difference(path, f"{verb} {after.target}, was {before.target}", 0, "target")
    for name in sorted({name for name, _ in {*before.xattrs} ^ {*after.xattrs}}):
        yield Difference(path, f"xattr {name} differs", 0, f"xattr {name}")


def _named(entry: Entry) -> str:
    return f"a link to {entry.target}" if entry.kind == "link" else f"a {entry.kind}"


def config_differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Difference]:
    """What two configurations set differently; times and history may differ."""
    was, now = _settings(before), _settings(after)
    for name in {**was, **now}:
        if was.get(name) != now.get(name):
            what = f"is {_said(now.get(name))}, was {_said(was.get(name))}"
            yield Difference(f"config {name}", what, 0, "config")


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """What the configuration sets. Null, "", [], {} and false are what engines take a missing field for."""
    fields = config.get("config") or {}
    found = {name: config.get(name) for name in _PLATFORM} | {name: fields.get(name) for name in _WHOLE}
    found["WorkingDir"] = fields.get("WorkingDir") or "/"
    found["Healthcheck"] = {name: value for name, value in (fields.get("Healthcheck") or {}).items() if value}
    settings = {name: value for name, value in found.items() if value}
    for item in fields.get("Env") or ():
        name, _, value = item.partition("=")
        settings[f"Env {name}"] = value
    for name, value in (fields.get("Labels") or {}).items():
        if name != LABEL:
            settings[f"Labels {name}"] = value
    return settings


def _said(value: Any) -> str:
    return "not set" if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

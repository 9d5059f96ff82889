"""What differs between two builds of the same Dockerfile: layer by layer, with its kind.

Unlike two versions of a file (compare.py), two builds have the same layers, and nothing is excused: times count, the
order in which a layer's archive has its members, and files that a later layer removes or replaces.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Literal

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.verify.cache_paths import CachePaths
from dfix.rewriter.verify.chance import blank_chance
from dfix.rewriter.verify.compare import CONTENT, Difference, Origin, config_differences, entry_differences
from dfix.rewriter.verify.image import ExactLayer, Image
from dfix.rewriter.verify.layers import WHITEOUT
from dfix.rewriter.verify.noise import row_of

Kind = Literal["time", "log", "cache", "bytecode", "order", "other"]
"""What differs: a time, a log, a cache, compiled code, the order of entries, or any other content."""
KINDS: dict[Kind, str] = {
    "other": "other content",
    "log": "logs",
    "cache": "caches",
    "bytecode": "bytecode",
    "order": "order of entries",
    "time": "times",
}
"""The kinds in the order in which they are printed, as phrases."""
WRITTEN = "The engine keeps the time at which something is written."
_TIME, _ORDER = "time", "order"


class Varying(NamedTuple):
    """One path that differs between two builds."""

    path: str
    """Begins with `/`, or is "config User", or "layer 3" for the order of what is in it."""
    what: str
    """A phrase: "only in the first build", "mode 0600, was 0644"."""
    kind: Kind
    origin: Origin | None = None
    """The instruction that made the layer; None where that is not known, and for a setting."""
    reason: str = ""
    """Why it differs, as a sentence, where that is known."""


class Twice(NamedTuple):
    """What two builds of the same Dockerfile without cache have in common."""

    same_digest: bool
    same_files: bool
    """Whether all layers have the same files, with the same times if those later than `epoch` count as `epoch`."""
    same_config: bool
    """Whether the configurations are the same, with the times in it, but for the digests of the layers."""
    epoch: int | None
    """SOURCE_DATE_EPOCH as it was given to both builds; None if it is not set."""
    varying: tuple[Varying, ...] = ()

    @property
    def level(self) -> Literal["digest", "files", ""]:
        """What is the same."""
        return "digest" if self.same_digest else "files" if self.same_files else ""


class MadeBy(NamedTuple):
    """What is known of the Dockerfile by which a difference is told."""

    origins: Mapping[int, Origin]
    """What made a layer, by its number."""
    caches: Collection[str]
    """The cache folders of its package managers."""
    homes: frozenset[str] = frozenset()


Contents = Callable[[Collection[str]], tuple[Mapping[str, bytes], Mapping[str, bytes]]]
"""Reads files of both images by path without leading `/`; those that are too large are left out."""


def compare_builds(first: Image, second: Image, made_by: MadeBy, epoch: int | None, contents: Contents) -> Twice:
    """Compare two builds; the images were read with `LayerCache.exact`."""
    kinds = _Kinds(made_by, first.homes | second.homes)
    found = [
        kinds.of(one, at)
        for at, (old, new) in enumerate(zip(first.layers, second.layers, strict=False))
        if old.digest != new.digest and old.exact is not None and new.exact is not None
        for one in _of_layer(at, old.exact, new.exact, epoch)
    ]
    found += [
        Varying(one.path, one.what, "other")
        for one in (*config_differences(first.config, second.config), *_of_numbers(first, second))
    ]
    same = bool(first.digest) and first.digest == second.digest
    config = _without_layers(first) == _without_layers(second)
    return Twice(same, not found, config, epoch, tuple(_looked_into(found, contents)))


def _of_numbers(first: Image, second: Image) -> Iterator[Difference]:
    before, after = len(first.layers), len(second.layers)
    if before != after:
        yield Difference("config layers", f"{after} layers, was {before}")


def _without_layers(image: Image) -> dict[str, object]:
    return {name: value for name, value in image.config.items() if name != "rootfs"}


def _of_layer(at: int, old: ExactLayer, new: ExactLayer, epoch: int | None) -> Iterator[Difference]:
    """How two builds of one layer differ. Whiteouts are named after the path that they remove."""
    names = sorted({*old.times, *new.times})
    for name in names:
        path = f"/{name}"
        if name not in new.times or name not in old.times:
            removes = "removed " if WHITEOUT in name else ""
            build = "first" if name in old.times else "second"
            yield Difference(path.replace(WHITEOUT, ""), f"{removes}only in the {build} build", 0, "presence")
        elif (name in old.entries) != (name in new.entries) or old.links.get(name) != new.links.get(name):
            yield Difference(path, "linked to another file", 0, "target")
        elif name in old.entries and old.entries[name] != new.entries[name]:
            yield from entry_differences(path, old.entries[name], new.entries[name])
        elif _clamped(old.times[name], epoch) != _clamped(new.times[name], epoch):
            yield Difference(path, "has another time", 0, _TIME)
    if len(old.times) == len(new.times) == len(names) and list(old.times) != list(new.times):
        yield Difference(f"layer {at + 1}", "has the same paths in another order", 0, _ORDER)


def _clamped(time: float, epoch: int | None) -> float:
    """A time as BuildKit's exporters write it with `rewrite-timestamp=true`."""
    return time if epoch is None else min(time, epoch)


class _Kinds:
    """Tells the kind of a difference by its path."""

    def __init__(self, made_by: MadeBy, homes: frozenset[str]) -> None:
        self._made_by, self._homes = made_by, homes | made_by.homes
        self._caches = CachePaths(tuple(made_by.caches), self._homes)

    def of(self, one: Difference, at: int) -> Varying:
        """The difference with its kind; contents of which the path tells nothing are "other"."""
        origin, path = self._made_by.origins.get(at), one.path[1:]
        if one.kind == _TIME:
            return Varying(one.path, one.what, "time", origin, WRITTEN)
        if one.kind == _ORDER:
            return Varying(one.path, one.what, "order", origin)
        row = row_of(path, self._homes)
        if row is not None:
            return Varying(one.path, one.what, row.kind, origin, row.reason)
        if self._caches.inside(path):
            return Varying(one.path, one.what, "cache", origin)
        log = path.startswith("var/log/") or path.endswith(".log")
        kind: Kind = "log" if log and one.kind in (CONTENT, "presence") else "other"
        return Varying(one.path, one.what, kind, origin)


def _looked_into(found: list[Varying], contents: Contents) -> list[Varying]:
    """What differs, with the kind of those contents of which the path told nothing."""
    unknown = {one.path[1:] for one in found if one.kind == "other" and one.what.startswith("content differs")}
    if not unknown:
        return found
    first, second = contents(unknown)
    return [
        _looked(one, first.get(one.path[1:]), second.get(one.path[1:])) if one.path[1:] in unknown else one
        for one in found
    ]


def _looked(one: Varying, first: bytes | None, second: bytes | None) -> Varying:
    if first is None or second is None:
        return one
    if sorted(first.splitlines()) == sorted(second.splitlines()):
        return one._replace(kind="order", reason="Its lines are in another order.")
    if blank_chance(first) == blank_chance(second) and b"\0" not in first:
        return one._replace(kind="time", reason="Only numbers, times, dates or hashes in it differ.")
    return one

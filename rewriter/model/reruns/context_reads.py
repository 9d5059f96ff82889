"""Which paths of the build context a COPY, ADD or bind mount reads, and where in the image they come to.

Unlike `model/copied.py`, this answers for any path, whether it exists or not: a commit may add or delete it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from dfix.rewriter.context.brought import Brought, brings, name_tokens
from dfix.rewriter.context.context_path import normal
from dfix.rewriter.context.folder import Context
from dfix.rewriter.context.ignore import BadPatternError, IgnoreFile
from dfix.rewriter.model.paths import is_address
from dfix.rewriter.model.stage import Step
from dfix.rewriter.model.values_in_force import value_before
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.wildcard import Wildcard

_WILDCARDS = frozenset("*?[\\")
_ARCHIVES = (".tar", ".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz2", ".tbz", ".zst")
_ANY_FOLDERS = "**"


class _Source(NamedTuple):
    """One source of a COPY, part by part: a name, a pattern, or None for `**`."""

    written: str
    parts: tuple[str | Wildcard | None, ...]


class ContextReads:
    """What one step reads from the build context."""

    def __init__(self, step: Step, context: Context, defaults: Mapping[str, str]) -> None:
        self.step = step
        self._defaults = defaults
        self._context = context
        self._sources: tuple[_Source, ...] = ()
        self._followed: frozenset[str] = frozenset()
        self._excluded: IgnoreFile | None = None
        self._destination: str | None = None
        self._into_folder = False
        self._keeps_parents = False
        if step.keyword == "RUN":
            self._of_mounts()
        elif step.keyword in ("COPY", "ADD") and step.instruction.flag("from") is None:
            self._of_copy()

    @property
    def anything(self) -> bool:
        """Whether the step reads from the context at all."""
        return bool(self._sources)

    def reads(self, path: str) -> bool:
        """Whether a file at a context path is, or would be, read: what it contains decides whether the step runs."""
        return any(True for _ in self._places(path))

    def places(self, path: str) -> tuple[str | None, ...]:
        """Where in the image a file at a context path comes to; None for an unknown path, () if it is not read."""
        return tuple(self._places(path))

    def files(self) -> frozenset[str]:
        """The files that the build sends and the step reads."""
        return frozenset(path for path in self._context.below("") if self.reads(path))

    def _value(self, word: str) -> str:
        return value_before(self.step, word, self._defaults)

    def _of_mounts(self) -> None:
        found = []
        for mount in self.step.mounts:
            if mount.kind == "bind" and not mount.from_:
                source = self._value(mount.source or "")
                found.append(_Source(source, _plain(source)))
        self._sources = tuple(found)
        self._followed = frozenset(self._links_of(source.written for source in found))

    def _of_copy(self) -> None:
        step, instruction = self.step, self.step.instruction
        words = [word.text for word in instruction.words if instruction.json is not None or word.text[:2] != "<<"]
        if len(words) + len(instruction.heredocs) < 2 or not words:
            return
        *sources, target = [self._value(word) for word in words]
        own = [source for source in sources if not is_address(source)]
        self._sources = tuple(_Source(source, _parts(source)) for source in own)
        if step.workdir is not None:
            self._destination = posixpath.normpath(posixpath.join(step.workdir, target))
        self._into_folder = target.endswith("/") or len(own) > 1 or self._destination == step.workdir
        self._keeps_parents = instruction.flag("parents") is not None
        patterns = [flag.value for flag in instruction.flags if flag.name == "exclude" and flag.value]
        if patterns:
            try:
                self._excluded = IgnoreFile.parse("\n".join(self._value(pattern) for pattern in patterns))
            except BadPatternError:
                self._excluded = None  # the build fails
        brought = brings(self._context, own, target, step.workdir or "/") if own else None
        if isinstance(brought, Brought):  # the files and folders that links lead to
            self._followed = frozenset(entry.source for entry in brought.entries if not self._names(entry.source))
        self._followed |= frozenset(self._links_of(own))

    def _links_of(self, sources: Iterable[str]) -> Iterator[str]:
        """Where the sources lead, and the links on their way."""
        for source in sources:
            path = normal(source)
            if _WILDCARDS.intersection(path):
                continue
            real = self._context.followed(path)
            if real is not None and real != path:
                yield real
            while path:
                if self._context.link(path) is not None:
                    yield path
                path = posixpath.dirname(path)

    def _names(self, path: str) -> bool:
        """Whether a source is a path, or above it, as it is written."""
        return any(_rest(source, path) is not None for source in self._sources)

    def _places(self, path: str) -> Iterator[str | None]:
        """The image paths that a context path comes to; None for an unknown one."""
        if not self._sources or self._context.ignore.ignored(path):
            return
        for source in self._sources:
            rest = _rest(source, path)
            if rest is not None and not self._is_excluded(rest or posixpath.basename(path)):
                yield from self._places_of(path, rest)
        for real in self._followed:
            inside = path == real or not real or path.startswith(real + "/")
            rest = path[len(real) :].lstrip("/") if inside else ""
            if (inside or real.startswith(path + "/")) and not self._is_excluded(rest or posixpath.basename(path)):
                yield self._destination

    def _places_of(self, path: str, rest: str) -> Iterator[str | None]:
        target = self._destination
        if target is None:
            yield None
        elif self._keeps_parents:
            yield posixpath.join(target, path)
        elif rest:
            yield posixpath.join(target, rest)
        elif self.step.keyword == "ADD" and path.endswith(_ARCHIVES):
            yield target
        else:
            yield posixpath.join(target, posixpath.basename(path))
            if not self._into_folder:
                yield target

    def _is_excluded(self, rest: str) -> bool:
        return self._excluded is not None and self._excluded.ignored(rest)


def _plain(source: str) -> tuple[str | Wildcard | None, ...]:
    path = normal(source)
    return tuple(path.split("/")) if path else ()


def _parts(source: str) -> tuple[str | Wildcard | None, ...]:
    return tuple(_part(part) for part in _plain(source))


def _part(part: object) -> str | Wildcard | None:
    text = str(part)
    if not _WILDCARDS.intersection(text):
        return text
    if text == _ANY_FOLDERS:  # of --parents
        return None
    try:
        return Wildcard(name_tokens(text))
    except re.error:
        return text  # the build fails


def _rest(source: _Source, path: str) -> str | None:
    """What follows the source in a context path: "" for the source itself; None where the path is not in it.

    A path that the source is below is a submodule, or was a file where there is a folder now.
    """
    names = path.split("/")
    parts = source.parts
    if None in parts:
        return _rest_of_folders(parts, names)
    if len(names) < len(parts) and any(isinstance(part, Wildcard) for part in parts):
        return None
    for part, name in zip(parts, names, strict=False):
        if not _is_named(part, name):
            return None
    return "/".join(names[len(parts) :])


def _rest_of_folders(parts: tuple[str | Wildcard | None, ...], names: list[str]) -> str | None:
    """As `_rest`, for a source with `**`: each step keeps the positions in `names` that can be reached."""
    reached = {0}
    for part in parts:
        if part is None:
            reached = set(range(min(reached), len(names) + 1))
        else:
            reached = {at + 1 for at in reached if at < len(names) and _is_named(part, names[at])}
        if not reached:
            return None
    return "/".join(names[min(reached) :])


def _is_named(part: str | Wildcard | None, name: str) -> bool:
    return part.matches(name) if isinstance(part, Wildcard) else part == name

"""What a stage copies and runs, in order, for the comparison of a stage before and after a rewrite."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from dfix.rewriter.context.brought import Brought, CopyEntry
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied, Unclear
from dfix.rewriter.model.effects.file_mode import ModeChange, mode_change, resulting_mode
from dfix.rewriter.model.effects.given_owner import GivenOwner, given_owner
from dfix.rewriter.model.effects.places import ELSEWHERE
from dfix.rewriter.model.file_map.file_map import FileMap, Hidden, written_by
from dfix.rewriter.model.paths import is_address, within
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.pipeline.guards.order import RunCommand, StageRuns, runs
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_OCTAL = expression(r"0*[0-7]{3,4}")
_OF_A_DOWNLOAD = 0o600
"""The mode that ADD gives a file from an address (https://docs.docker.com/reference/dockerfile/#add)."""
Flags = tuple[tuple[str, str], ...]


class Put(NamedTuple):
    """One file or folder that a COPY or ADD puts into the image."""

    step: Step
    entry: CopyEntry | None
    """None for files that dfix does not know: of another stage, of an address."""
    words: tuple[str, ...]
    """What is copied and where to, for files that dfix does not know."""
    flags: Flags
    """Without `--chown` and `--chmod`."""
    owner: str = ""
    """The owner that its files have at the end: that of `--chown`, or of a later `chown -R`; "" for none."""
    mode: str = ""
    """The mode that they have at the end: that of `--chmod`, or of a later `chmod`; "" for that of the source."""

    def same(self) -> tuple[object, ...]:
        """What two of them that do the same have in common."""
        return (self.entry, self.words, self.flags, self.owner, self.mode)

    def with_owner_of(self, given: GivenOwner, step: Step) -> Put:
        """The same after a `chown` of a RUN, if that concerns all that is put there."""
        if self.entry is not None and not self.entry.folder:
            place: str = self.entry.image
            reached = any(within(place, path) for path in given.paths) if given.recursive else place in given.paths
        else:
            place = self.words[-1] if self.entry is None else self.entry.image
            reached = given.recursive and any(within(place, path) for path in given.paths)
        if not reached:
            return self
        text = given.owner.literal_or_text.strip('"')
        user, _, group = (step.expand(text) or text).partition(":")
        before = (self.owner or ("0:0" if self.entry is not None else "?:?")).partition(":")
        return self._replace(owner=f"{user or before[0]}:{group or before[2]}")

    def with_mode_of(self, change: ModeChange, context: Context) -> Put:
        """The same after a `chmod` of a RUN, if that names the file."""
        if self.entry is None:
            if not self.words or self.words[-1] not in change.paths:
                return self
            known = _OF_A_DOWNLOAD if is_address(self.words[0]) else None
        elif self.entry.folder or self.entry.image not in change.paths:
            return self
        else:
            # a checkout's umask decides whether its group may write
            known = context.mode(self.entry.source) & ~0o020
        before = int(self.mode, 8) if _OCTAL.fullmatch(self.mode) else known
        mode = None if before is None else resulting_mode(change.mode, before)
        return self._replace(mode=f"{self.mode}?{change.mode}" if mode is None else f"{mode:o}")


class Trace(NamedTuple):
    """What a stage does, with what the stages do that it is based on."""

    puts: tuple[Put, ...]
    layers: tuple[Copied | Hidden, ...]
    """What puts them there: one for each of `puts`."""
    runs: StageRuns
    copied: tuple[int, ...]
    """How many of `puts` come before each instruction other than RUN, and how many there are in all."""

    def before(self, ran: RunCommand) -> int:
        """How many of `puts` come before a command."""
        return self.copied[ran.gap]


def trace(stage: Stage, parent: Trace | None, look_up: Callable[[Step], Copied | Unclear], context: Context) -> Trace:
    """What a stage does; `look_up` says what a COPY or ADD from the context brings."""
    puts: list[Put] = list(parent.puts) if parent is not None else []
    layers: list[Copied | Hidden] = list(parent.layers) if parent is not None else []
    copied: list[int] = []
    nothing = FileMap(context)
    for step in stage.steps:
        if step.keyword == "RUN" and not step.onbuild:
            puts = _after(step, puts, context)
            continue
        copied.append(len(puts))
        for layer in written_by(step, look_up, nothing) if not step.onbuild else ():
            new = _puts(step, layer)
            puts += new
            layers += [layer] * len(new)
    return Trace(tuple(puts), tuple(layers), runs(stage), (*copied, len(puts)))


def _after(step: Step, puts: list[Put], context: Context) -> list[Put]:
    """What is there after a RUN, with the owners and modes that it gives."""
    text = step.source_text
    for command in located(step) if "chown" in text or "chmod" in text else ():
        given, change = given_owner(command), mode_change(command)
        if given is not None:
            puts = [put.with_owner_of(given, step) for put in puts]
        if change is not None:
            puts = [put.with_mode_of(change, context) for put in puts]
    return puts


def _puts(step: Step, layer: Copied | Hidden) -> list[Put]:
    flags = tuple(
        sorted(
            (flag.name, step.expand(flag.value or "") or flag.value or "")
            for flag in step.instruction.flags
            if flag.name not in ("chown", "chmod", "from")
        )
    )
    source = step.instruction.flag("from")
    if source is not None:
        flags = (*flags, ("from", (source.value or "").lower()))  # so BuildKit compares the names of stages
    chown = step.instruction.flag("chown")
    text = (chown.value or "") if chown is not None else ""
    owner = step.expand(text) or text
    chmod = step.instruction.flag("chmod")
    mode = (step.expand(chmod.value or "") or chmod.value or "") if chmod is not None else ""
    mode = mode.lstrip("0") if _OCTAL.fullmatch(mode) else mode
    if isinstance(layer, Copied):
        return [Put(step, entry, (), flags, owner, mode) for entry in layer.brought.entries]
    words = (*(word.text for word in step.instruction.words[:-1]), layer.path or step.instruction.words[-1].text)
    return [Put(step, None, words, flags, owner, mode)]


def lasting(puts: Sequence[Put], context: Context) -> list[int]:
    """Which of `puts`, by index, decide which files are in the image: those that neither a later one covers nor repeat.

    `COPY a.json ./` repeats what it finds after `COPY . .`.
    """
    kept: list[int] = []
    for index, put in enumerate(puts):
        if not any(covers(later, put, context) for later in puts[index + 1 :]):
            kept.append(index)
    found: list[int] = []
    for index in kept:
        if not _repeats([puts[earlier] for earlier in found], puts[index], context):
            found.append(index)
    return found


def _repeats(before: Sequence[Put], put: Put, context: Context) -> bool:
    for earlier in reversed(before):
        if (
            earlier.entry is not None
            and put.entry is not None
            and (earlier.flags, earlier.owner, earlier.mode) == (put.flags, put.owner, put.mode)
        ):
            source = Brought(context, (earlier.entry,)).source_of(put.entry.image) if earlier.entry.folder else None
            if earlier.entry == put.entry or (
                source == put.entry.source and (put.entry.folder or context.ships(source))
            ):
                return True
        if conflict(earlier, put, context):
            return False
    return False


def covers(later: Put, earlier: Put, context: Context) -> bool:
    """Whether all that `earlier` puts into the image is overwritten by `later`."""
    if later.entry is None or earlier.entry is None:
        return False
    if not later.entry.folder:
        return not earlier.entry.folder and later.entry.image == earlier.entry.image
    source = Brought(context, (later.entry,)).source_of(earlier.entry.image)
    if earlier.entry.folder:
        return source == earlier.entry.source
    return source is not None and context.ships(source)


def conflict(first: Put, second: Put, context: Context) -> bool:
    """Whether it matters which of the two comes first: they put different files to one path."""
    if first.entry is None or second.entry is None:
        return _may_meet(first, second, context)
    if not first.entry.folder and not second.entry.folder:
        return first.entry.image == second.entry.image and first.entry.source != second.entry.source
    for one, other in ((first.entry, second.entry), (second.entry, first.entry)):
        if one.folder and within(other.image, one.image):
            return _differ(Brought(context, (one,)), other, context)
    return False


def _differ(over: Brought, entry: CopyEntry, context: Context) -> bool:
    if not entry.folder:
        return over.context_path_of(entry.image) not in (None, entry.source)
    source = over.source_of(entry.image)
    if source is None or source == entry.source or not context.ships_any(source):
        return False
    found = context.some_below(entry.source, _MOST_FILES)
    if len(found) > _MOST_FILES:
        return True
    skipped = len(entry.source) + 1 if entry.source else 0
    return any(context.ships(posixpath.join(source, path[skipped:])) for path in found)


_MOST_FILES = 2000
"""A folder with more files is not compared file by file; the number is a choice."""


def _may_meet(first: Put, second: Put, context: Context) -> bool:
    known, unknown = (first, second) if second.entry is None else (second, first)
    if not unknown.words or not unknown.words[-1].startswith(("/", "?")):
        return True
    path = unknown.words[-1]
    if known.entry is None:
        other = known.words[-1] if known.words else ""
        return within(path, other) or within(other, path) or not other.startswith(("/", "?"))
    if not within(path, known.entry.image) or path == known.entry.image:
        return within(known.entry.image, path)
    brought = Brought(context, (known.entry,))
    return brought.context_path_of(path) is not None or brought.brings_below(path)


def in_home_of_root(step: Step, path: str) -> str:
    """A path in a home that is not known before the build, as one in /root unless USER or HOME says otherwise."""
    if path.startswith(ELSEWHERE) and step.user in (None, "root", "0") and "HOME" not in step.env:
        return "/root/" + path[len(ELSEWHERE) :]
    return path

"""What a stage copies and runs, in order, for the comparison of a stage before and after a rewrite."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Container, Iterator, Sequence
from typing import NamedTuple

from dfix.rewriter.context.brought import Brought, CopyEntry
from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.model.copied import Copied, Unclear
from dfix.rewriter.model.file_map.file_map import FileMap, Hidden, written_by
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.stage import Stage, Step

Flags = tuple[tuple[str, str], ...]


class Put(NamedTuple):
    """One file or folder that a COPY or ADD puts into the image."""

    step: Step
    entry: CopyEntry | None
    """None for files that dfix does not know: of another stage, of an address."""
    words: tuple[str, ...]
    """What is copied and where to, for files that dfix does not know."""
    flags: Flags

    def same(self) -> tuple[object, ...]:
        """What two of them that do the same have in common."""
        return (self.entry, self.words, self.flags)


class RunCommand(NamedTuple):
    """A command of a RUN, or a RUN whose script dfix does not read."""

    step: Step
    command: Located | None
    words: tuple[str, ...]
    gap: int
    """How many instructions other than RUN come before it."""


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
            continue
        copied.append(len(puts))
        for layer in written_by(step, look_up, nothing) if not step.onbuild else ():
            new = _puts(step, layer)
            puts += new
            layers += [layer] * len(new)
    return Trace(tuple(puts), tuple(layers), runs(stage), (*copied, len(puts)))


def _commands(step: Step, gap: int) -> list[RunCommand]:
    if step.script.opaque:
        return [RunCommand(step, None, tuple(step.source_text.split()), gap)]
    return [
        RunCommand(step, command, tuple(word.literal_or_text for word in command.command.words), gap)
        for command in located(step)
    ]


def _puts(step: Step, layer: Copied | Hidden) -> list[Put]:
    flags = tuple(
        sorted((flag.name, step.expand(flag.value or "") or flag.value or "") for flag in step.instruction.flags)
    )
    if isinstance(layer, Copied):
        return [Put(step, entry, (), flags) for entry in layer.brought.entries]
    words = (*(word.text for word in step.instruction.words[:-1]), layer.path or step.instruction.words[-1].text)
    return [Put(step, None, words, flags)]


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
        if earlier.entry is not None and put.entry is not None and earlier.flags == put.flags:
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


class StageRuns(NamedTuple):
    """The commands of a stage, and its other instructions."""

    commands: tuple[RunCommand, ...]
    others: tuple[str, ...]
    """The instructions other than RUN, blanks aside."""


def runs(stage: Stage, gaps: Container[int] | None = None) -> StageRuns:
    """What a stage runs between its other instructions, or in some of these gaps. Needs no build context."""
    commands: list[RunCommand] = []
    others: list[str] = []
    for step in stage.steps:
        if step.keyword != "RUN" or step.onbuild:
            others.append(_text(step))
        elif gaps is None or len(others) in gaps:
            commands += _commands(step, len(others))
    return StageRuns(tuple(commands), tuple(others))


def _text(step: Step) -> str:
    instruction = step.instruction
    text = instruction.text[instruction.span.start : instruction.span.end]
    return f"{step.onbuild} {' '.join(text.split())}"


def differing_gaps(before: Stage, after: Stage) -> set[int] | None:
    """Between which instructions the text of the RUNs differs; None if other instructions differ."""
    (others, gaps), (others_after, gaps_after) = _by_gap(before), _by_gap(after)
    if others != others_after and [text.split() for text in others] != [text.split() for text in others_after]:
        return None
    return {gap for gap in gaps.keys() | gaps_after.keys() if gaps.get(gap) != gaps_after.get(gap)}


def _by_gap(stage: Stage) -> tuple[list[str], dict[int, list[str]]]:
    """The texts of the instructions other than RUN, and those of the RUNs by how many of them come before."""
    others: list[str] = []
    gaps: dict[int, list[str]] = {}
    for step in stage.steps:
        instruction = step.instruction
        text = instruction.text[instruction.span.start : instruction.span.end].rstrip()
        if step.keyword == "RUN" and not step.onbuild:
            gaps.setdefault(len(others), []).append(text)
        else:
            others.append(f"ONBUILD {text}" if step.onbuild else text)
    return others, gaps


def matched(before: StageRuns, after: StageRuns) -> Iterator[tuple[RunCommand, RunCommand]]:
    """The author's commands, each with the same one in the result; options may have been added to it.

    Between the same two instructions first: `apt-get update` may be in many a RUN.
    """
    if before.others != after.others:
        yield from _pairs(before.commands, after.commands)
        return
    left, found = list(before.commands), list(after.commands)
    for gap in range(len(before.others) + 1):
        first, second = ([ran for ran in side if ran.gap == gap] for side in (before.commands, after.commands))
        for pair in _pairs(first, second):
            yield pair
            left.remove(pair[0])
            found.remove(pair[1])
    for ran in left:
        same = next((other for other in found if other.words == ran.words), None)
        if same is not None:
            found.remove(same)
            yield ran, same


def _pairs(first: Sequence[RunCommand], second: Sequence[RunCommand]) -> Iterator[tuple[RunCommand, RunCommand]]:
    """The same commands, in order; those in between that only got more words come with them."""
    at = other = 0
    for index, same in [*_longest_in_common(first, second), (len(first), len(second))]:
        for ran in first[at:index]:
            changed = next((j for j in range(other, same) if _is_part(ran.words, second[j].words)), None)
            if changed is not None:
                yield ran, second[changed]
                other = changed + 1
        if index < len(first):
            yield first[index], second[same]
        at, other = index + 1, same + 1


def _longest_in_common(first: Sequence[RunCommand], second: Sequence[RunCommand]) -> list[tuple[int, int]]:
    """The indexes of the longest sequence of commands that is in both."""
    alike = next((i for i, (a, b) in enumerate(zip(first, second, strict=False)) if a.words != b.words), len(first))
    alike = min(alike, len(second))
    lengths = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in reversed(range(alike, len(first))):
        for j in reversed(range(alike, len(second))):
            is_same = first[i].words == second[j].words
            lengths[i][j] = 1 + lengths[i + 1][j + 1] if is_same else max(lengths[i + 1][j], lengths[i][j + 1])
    found = [(index, index) for index in range(alike)]
    i = j = alike
    while i < len(first) and j < len(second):
        if first[i].words == second[j].words:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif lengths[i + 1][j] >= lengths[i][j + 1]:
            i += 1
        else:
            j += 1
    return found


def _is_part(words: tuple[str, ...], of: tuple[str, ...]) -> bool:
    """Whether the words are in `of` in the same order, and both begin alike."""
    if words[:1] != of[:1]:
        return False
    rest = iter(of)
    return all(word in rest for word in words)

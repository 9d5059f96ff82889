"""The commands of a stage in order, before and after a rewrite: which are the same, and whether any has moved.

It needs no build context, and is enough for most results.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence

from dfix.rewriter.knowledge import project_install, usage
from dfix.rewriter.model import Stage, Step
from dfix.rewriter.model.commands import Located, located
from dfix.rewriter.text.named_tuple import NamedTuple


class RunCommand(NamedTuple):
    """A command of a RUN, or a RUN whose script dfix does not read."""

    step: Step
    command: Located | None
    words: tuple[str, ...]
    gap: int
    """How many instructions other than RUN come before it."""


class StageRuns(NamedTuple):
    """The commands of a stage, and its other instructions."""

    commands: tuple[RunCommand, ...]
    others: tuple[str, ...]
    """The instructions other than RUN, blanks aside."""


def nothing_moved(before: Sequence[Stage], after: Sequence[Stage]) -> bool:
    """Whether no command has changed places with another instruction, and no such instruction has changed."""
    if len(before) != len(after):
        return False
    for stage, other in zip(before, after, strict=True):
        gaps = differing_gaps(stage, other)
        if gaps is None:
            return False
        if not gaps:
            continue
        first, second = runs(stage, gaps), runs(other, gaps)
        if len(gaps) == 1 and _installs(second.commands) <= _installs(first.commands):
            continue  # nothing else is where a command could have come from
        pairs = list(matched(first, second))
        known = {id(same) for _, same in pairs}
        added = (ran.command for ran in second.commands if id(ran) not in known and ran.command is not None)
        if any(ran.gap != same.gap for ran, same in pairs) or any(map(install_of, added)):
            return False
    return True


def _installs(commands: Sequence[RunCommand]) -> int:
    return sum(ran.command is not None and install_of(ran.command) is not None for ran in commands)


def install_of(command: Located) -> tuple[str, tuple[str, ...], str] | None:
    """Manager, arguments and reader of a command that reads a project's manifests, or fetches what a build needs."""
    return project_install(command.words) or _fetch(command)


def _fetch(command: Located) -> tuple[str, tuple[str, ...], str] | None:
    """Manager, arguments and reader of a command that fetches what a build needs."""
    used = usage(command.words)
    prefetch = None if used is None else used.manager.prefetch
    if used is None or prefetch is None:
        return None
    fetch = prefetch.command.split()
    words = tuple(word.literal_or_text for word in used.words)
    return (used.manager.name, words, prefetch.reader) if list(words[: len(fetch)]) == fetch else None


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


def _commands(step: Step, gap: int) -> list[RunCommand]:
    if step.script.opaque:
        return [RunCommand(step, None, tuple(step.source_text.split()), gap)]
    return [
        RunCommand(step, command, tuple(word.literal_or_text for word in command.command.words), gap)
        for command in located(step)
    ]


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
    by_gap: tuple[dict[int, list[RunCommand]], ...] = ({}, {})
    for commands, gaps in zip((before.commands, after.commands), by_gap, strict=True):
        for ran in commands:
            gaps.setdefault(ran.gap, []).append(ran)
    for gap in range(len(before.others) + 1):
        first, second = (gaps.get(gap, []) for gaps in by_gap)
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
    """The indexes of the weightiest sequence of commands that is in both; of two alike in `second`, the later one.

    What a rule adds comes before the author's commands, and may repeat one of them: `chmod +x mvnw && ./mvnw …`.
    An install outweighs all else: one of only the dependencies may come with the author's clean-up, before the copy.
    """
    counts = Counter(ran.words for ran in second)
    alike = 0
    for one, other in zip(first, second, strict=False):
        if one.words != other.words or counts[one.words] > 1:
            break
        alike += 1
    weights = [len(first) if ran.command is not None and install_of(ran.command) else 1 for ran in first]
    sums = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i in reversed(range(alike, len(first))):
        for j in reversed(range(alike, len(second))):
            sums[i][j] = max(sums[i + 1][j], sums[i][j + 1])
            if first[i].words == second[j].words:
                sums[i][j] = max(sums[i][j], weights[i] + sums[i + 1][j + 1])
    found = [(index, index) for index in range(alike)]
    i = j = alike
    while i < len(first) and j < len(second):
        if sums[i][j + 1] == sums[i][j]:
            j += 1
        elif sums[i + 1][j] == sums[i][j]:
            i += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found


def _is_part(words: tuple[str, ...], of: tuple[str, ...]) -> bool:
    """Whether the words are in `of` in the same order, and both begin alike."""
    if words[:1] != of[:1]:
        return False
    rest = iter(of)
    return all(word in rest for word in words)

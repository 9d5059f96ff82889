"""Which stages `COPY --from` and `RUN --mount=from=` name, and what BuildKit refuses of that.

The frontend looks names up among all stages, where the last of several with one name counts, and numbers for COPY
alone. No build accepts a number without a stage, or a stage's own files; what comes from a later stage fails where the
build needs it (convert.go, read on 2026-12-01).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dfix.rewriter.dockerfile.instruction import Instruction
from dfix.rewriter.dockerfile.lexing import short_word
from dfix.rewriter.dockerfile.tree import Fault
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_NUMBER = expression(r"[+-]?[0-9]{1,18}", re.ASCII)
_WITH_FILES = ("bind", "cache")
_BY_NAME = "Name a stage by its number from 0 or by its name, or an image with its registry"
_OTHER = "Name another stage; within a stage, RUN cp copies"
_MOVE = "Move that stage to a place before this one"


class _Use(NamedTuple):
    line: int
    shown: str
    own: int
    """The stage that it is in."""
    wanted: int
    """The stage that it names, which may not exist."""


def stage_fault(instructions: Sequence[Instruction]) -> Fault | None:
    """The first place that names a stage from which it cannot get files."""
    stages = [instruction for instruction in instructions if instruction.keyword == "FROM"]
    uses = list(_uses(instructions, {name: index for index, name in enumerate(map(_name, stages)) if name}))
    if all(0 <= use.wanted < use.own for use in uses):
        return None
    needed = _needed(stages, uses)
    for use in uses:
        if not 0 <= use.wanted < len(stages):
            last = len(stages) - 1
            there = f"its stages are 0 to {last}" if last else "its only stage is 0"
            return Fault(use.line, f"{use.shown} names a stage that the file doesn't have: {there}", _BY_NAME)
        if use.wanted == use.own:
            return Fault(use.line, f"{use.shown} names the stage that it is in", _OTHER)
        if use.wanted > use.own and use.own in needed:
            begins = stages[use.wanted].line
            return Fault(use.line, f"{use.shown} names a stage that only begins on line {begins}", _MOVE)
    return None


def stage_number(word: str) -> int | None:
    """The number of a stage that `COPY --from` names, by Go's rules: "1", "01" or "+1"; None for a name."""
    return int(word) if _NUMBER.fullmatch(word) else None


def mount_fields(value: str) -> Iterator[tuple[str, str]]:
    """Each key of a `--mount`, in lower case, with its value."""
    for part in value.split(","):
        key, _, field = part.partition("=")
        yield key.strip().lower(), field.strip().strip('"')


def _uses(instructions: Sequence[Instruction], names: dict[str, int]) -> Iterator[_Use]:
    own = -1
    for instruction in instructions:
        if instruction.keyword == "FROM":
            own += 1
        flag = instruction.flag("from") if instruction.keyword == "COPY" else None
        if flag is not None and flag.value:
            number = stage_number(flag.value)
            wanted = names.get(flag.value.lower()) if number is None else number
            if wanted is not None:
                yield _Use(instruction.line, f"COPY --from={short_word(flag.value)}", own, wanted)
        if instruction.keyword == "RUN":
            for name in _mounted(instruction):
                if name.lower() in names:
                    yield _Use(instruction.line, f"RUN --mount=from={short_word(name)}", own, names[name.lower()])


def _mounted(instruction: Instruction) -> Iterator[str]:
    for flag in instruction.flags:
        if flag.name == "mount" and flag.value is not None:
            fields = dict(mount_fields(flag.value))
            if fields.get("type", "bind").lower() in _WITH_FILES and "from" in fields:
                yield fields["from"]


def _name(stage: Instruction) -> str:
    return stage.words[2].text.lower() if len(stage.words) > 2 else ""


def _needed(stages: Sequence[Instruction], uses: Sequence[_Use]) -> set[int]:
    """The stages that a build of the last one needs."""
    found: set[int] = set()
    waiting = [len(stages) - 1]
    while waiting:
        stage = waiting.pop()
        if stage in found or not 0 <= stage < len(stages):
            continue
        found.add(stage)
        base = stages[stage].words[0].text.lower()
        waiting += [index for index in range(stage) if _name(stages[index]) == base][-1:]
        waiting += [use.wanted for use in uses if use.own == stage]
    return found

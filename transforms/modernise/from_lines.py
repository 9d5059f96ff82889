"""FROM: the case of AS, stage names in lower case, and a `--platform` that says what is so anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered
from dfix.transforms.modernise.keyword_casing import keyword_of, usual_case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change
    from dfix.rewriter.dockerfile import Instruction
    from dfix.rewriter.model import Model, Stage

_AS_CHECKS = ("FromAsCasing",)
_NAME_CHECKS = ("StageNameCasing",)
_PLATFORM_CHECKS = ("RedundantTargetPlatform", "DL3065")
_TARGET = "TARGETPLATFORM"
_WITH_NAME = 3


def from_lines(model: Model) -> Iterator[Change]:
    """Change what is needed of each FROM."""
    wanted = usual_case(model.tree)
    for stage in model.stages:
        instruction = stage.instruction
        words = instruction.words
        if len(words) == _WITH_NAME:
            keyword = keyword_of(instruction)
            alike = str.lower if keyword == keyword.lower() else str.upper if keyword == keyword.upper() else wanted
            if words[1].text != alike(words[1].text):
                reason = f"`{words[1].text}` is `{alike(words[1].text)}` like `{alike(keyword)}`"
                yield answered(instruction, _AS_CHECKS, (Edit(words[1].span, alike(words[1].text)),), reason)
            if words[2].text != words[2].text.lower():
                reason = f"BuildKit reads the stage name `{words[2].text}` in lower case"
                yield answered(instruction, _NAME_CHECKS, _renamed(model, stage, words[2].text), reason)
        edit = _needless_platform(model, stage)
        if edit is not None:
            reason = f"`--platform=${_TARGET}` is what FROM takes without it"
            yield answered(instruction, _PLATFORM_CHECKS, (edit,), reason)


def _renamed(model: Model, stage: Stage, name: str) -> Iterator[Edit]:
    """The name in lower case, at its stage and where later lines write it in the same way.

    BuildKit does not need the latter; other builders compare the names as they are.
    """
    yield Edit(stage.instruction.words[2].span, name.lower())
    for later in model.stages[stage.index :]:
        if later is not stage and later.parent is stage and later.instruction.words[0].text == name:
            yield Edit(later.instruction.words[0].span, name.lower())
        for step in later.steps:
            if not step.onbuild:
                yield from _references(step.instruction, name)


def _references(instruction: Instruction, name: str) -> Iterator[Edit]:
    for flag in instruction.flags:
        text = instruction.text[flag.span.start : flag.span.end]
        if flag.name == "from" and text == f"--from={name}":
            yield Edit(Span(flag.span.end - len(name), flag.span.end), name.lower())
        elif flag.name == "mount" and f"from={name}" in text.partition("=")[2].split(","):
            at = flag.span.start + text.index(f"from={name}") + len("from=")
            yield Edit(Span(at, at + len(name)), name.lower())


def _needless_platform(model: Model, stage: Stage) -> Edit | None:
    """The edit that removes `--platform=$TARGETPLATFORM`; None where there is none, or where it counts.

    It does for a stage, which keeps the platform of its own FROM without the flag, and where an ARG has a default.
    """
    instruction = stage.instruction
    flag = instruction.flag("platform")
    if flag is None or flag.value not in (f"${_TARGET}", f"${{{_TARGET}}}") or _TARGET in stage.defaults:
        return None
    if stage.parent is not None or (stage.index and "$" in instruction.words[0].text):
        return None
    after = min(word.start for word in _starts(instruction) if word.start >= flag.span.end)
    gap = instruction.text[flag.span.end : after]
    return Edit(Span(flag.span.start, after), "") if not gap.strip() and "\n" not in gap else None


def _starts(instruction: Instruction) -> Iterator[Span]:
    yield from (flag.span for flag in instruction.flags)
    yield instruction.words[0].span

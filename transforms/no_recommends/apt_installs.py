"""The installs of a Dockerfile, and what is written for each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_use import RunIndex
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.no_recommends.recommendations import RecommendedChoice, choose, names_of, words_of
from dfix.transforms.no_recommends.rule import CONTRACT, NAME

if TYPE_CHECKING:
    from dfix.rewriter.knowledge.usage import Usage
    from dfix.rewriter.model import Model, Stage, Step
    from dfix.rewriter.model.cache_use import ManagerUse

_PROGRAMS = ("apt-get", "apt")
_OPTION = "--no-install-recommends"
_DECIDED = (
    _OPTION,
    "--install-recommends",
    "--without-recommends",
    "-s",
    "--simulate",
    "--dry-run",
    "--just-print",
    "--no-act",
)
_AUTO = ("autoremove", "autopurge", "--auto-remove", "--autoremove")
_MOST_SHOWN = 6


def apt_installs(model: Model) -> Iterator[Change | Refusal]:
    """What becomes of each install of a stage that ships."""
    index = RunIndex()
    words: frozenset[str] | None = None
    at_end: dict[Stage, list[str]] = {}
    for stage in model.stages:
        image = base_image(stage.base.image)
        asked = stage.ships and not (image is not None and image.full)
        removals = list(_removals_of_recommended(index, stage)) if asked else []
        there = list(at_end.get(stage.parent, ())) if stage.parent is not None else []
        for step in stage.steps:
            for use in index.of(step).uses if step.keyword == "RUN" and not step.onbuild else ():
                named: tuple[str, ...] = ()
                if asked and step.instruction.json is None and _installs(use):
                    words = words_of(model) if words is None else words
                    try:
                        choice = choose(use.usage, shown(use.located), words, there)
                        _stay_removable(removals, step, choice)
                    except LeaveAlone as no:
                        yield Refusal(NAME, step.instruction.span.start, *no.reason)
                    else:
                        if choice.megabytes:
                            named = choice.named
                            edits = tuple(_edits(step, use.usage, choice))
                            yield Change(NAME, step.instruction.span.start, edits, _reason(use, choice), CONTRACT)
                _remember(there, use, named)
        at_end[stage] = there


def _installs(use: ManagerUse) -> bool:
    """Whether a command installs named packages, and does not say itself whether with recommended ones."""
    usage = use.usage
    program = use.located.words[0].literal_or_text.rpartition("/")[2]
    if usage.manager.name != "apt" or program not in _PROGRAMS or usage.subcommand is None or usage.asks:
        return False
    if usage.subcommand.literal_or_text != "install" or not usage.operands:
        return False
    return not any(word.literal_or_text in _DECIDED or "recommends" in word.text.lower() for word in usage.words)


def _remember(there: list[str], use: ManagerUse, added: Sequence[str]) -> None:
    """Keep in `there` the packages that are there for certain: an install names them, and none was removed since."""
    if use.usage.manager.name != "apt":
        return
    if use.usage.verb == "remove":
        there.clear()
    elif use.usage.verb == "install" and not use.located.depth:
        there += [*names_of(use.usage), *added]


def _removals_of_recommended(index: RunIndex, stage: Stage) -> Iterator[tuple[Step, ManagerUse]]:
    """The commands that also remove what packages recommend."""
    for step in stage.steps:
        for use in index.of(step).uses if step.keyword == "RUN" else ():
            if use.usage.manager.name == "apt" and any(word.literal_or_text in _AUTO for word in use.usage.words):
                yield step, use


def _stay_removable(removals: Sequence[tuple[Step, ManagerUse]], step: Step, choice: RecommendedChoice) -> None:
    """Raise LeaveAlone where a later command also removes what packages recommend: what is named would stay."""
    if choice.named and removals and removals[-1][0].index >= step.index:
        last, use = removals[-1]
        what = f"`{shown(use.located)}` on line {last.instruction.line}"
        reason = f"{what} would leave {choice.named[0]}, once an install names it"
        raise LeaveAlone("recommended", reason, "name it in the install and in the removal")


def _edits(step: Step, usage: Usage, choice: RecommendedChoice) -> Iterator[Edit]:
    after = usage.subcommand
    assert after is not None
    words = [word for word in usage.words if word.span.start > after.span.start]
    for word in words:
        if (
            not word.text.startswith("-")
            or word.text == "--"
            or word.text in usage.manager.values
            or word is usage.operands[0]
        ):
            break
        after = word
    yield Edit(Span(after.span.end, after.span.end), f" {_OPTION}")
    last = usage.operands[-1]
    if choice.named:
        yield Edit(Span(last.span.end, last.span.end), "".join(_separator(step, usage) + name for name in choice.named))


def _separator(step: Step, usage: Usage) -> str:
    """What precedes a further package: a line of its own, where the last one has one."""
    text, last = step.instruction.text, usage.operands[-1]
    line = text.rfind("\n", 0, last.span.start) + 1
    before = text[line : last.span.start]
    if before.strip() or line <= step.instruction.span.start:
        return " "
    return f" {step.instruction.escape}\n{before}"


def _reason(use: ManagerUse, choice: RecommendedChoice) -> str:
    names = ", ".join(choice.left_out[:_MOST_SHOWN])
    more = f" and {len(choice.left_out) - _MOST_SHOWN} more" if len(choice.left_out) > _MOST_SHOWN else ""
    size = f"up to {choice.megabytes} MB of packages that are only recommended"
    return f"`{shown(use.located)}` may also install {size}, and nothing here uses them: {names}{more}"

"""The installs of a Dockerfile, and what is written for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Refusal
from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.cache_use import RunIndex
from dfix.rewriter.model.effects.command_text import shown
from dfix.rewriter.model.file_map.file_map import steps_before
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
    added: dict[int, tuple[str, ...]] = {}
    for stage in model.stages:
        image = base_image(stage.base.image)
        for step in stage.steps if stage.ships and not (image is not None and image.full) else ():
            if step.keyword != "RUN" or step.onbuild or step.instruction.json is not None:
                continue
            for use in index.of(step).uses:
                if not _installs(use):
                    continue
                words = words_of(model) if words is None else words
                installed = _named_before(index, step, use, added)
                try:
                    choice = choose(use.usage, shown(use.located), words, installed)
                    _stay_removable(index, stage, step, choice)
                except LeaveAlone as no:
                    yield Refusal(NAME, step.instruction.span.start, *no.reason)
                    continue
                if choice.megabytes:
                    added[id(use.located.command)] = choice.named
                    edits = tuple(_edits(step, use.usage, choice))
                    yield Change(NAME, step.instruction.span.start, edits, _reason(use, choice), CONTRACT)


def _installs(use: ManagerUse) -> bool:
    """Whether a command installs named packages, and does not say itself whether with recommended ones."""
    usage = use.usage
    program = use.located.words[0].literal_or_text.rpartition("/")[2]
    if usage.manager.name != "apt" or program not in _PROGRAMS or usage.subcommand is None or usage.asks:
        return False
    if usage.subcommand.literal_or_text != "install" or not usage.operands:
        return False
    return not any(word.literal_or_text in _DECIDED or "recommends" in word.text.lower() for word in usage.words)


def _named_before(index: RunIndex, step: Step, use: ManagerUse, added: Mapping[int, tuple[str, ...]]) -> list[str]:
    """The packages that are there for certain because an earlier install names them, and none was removed since.

    `added` are those that an install names from now on, by the command's id.
    """
    found: list[str] = []
    for earlier in steps_before(step):
        for one in index.of(earlier).uses if earlier.keyword == "RUN" else ():
            found = _then_there(found, one, added)
    for one in index.of(step).uses:
        if one.order < use.order:
            found = _then_there(found, one, added)
    return found


def _then_there(names: list[str], use: ManagerUse, added: Mapping[int, tuple[str, ...]]) -> list[str]:
    if use.usage.manager.name != "apt":
        return names
    if use.usage.verb == "remove":
        return []
    if use.usage.verb != "install" or use.located.depth:
        return names
    return [*names, *names_of(use.usage), *added.get(id(use.located.command), ())]


def _stay_removable(index: RunIndex, stage: Stage, step: Step, choice: RecommendedChoice) -> None:
    """Raise LeaveAlone where a later command also removes what packages recommend: what is named would stay."""
    for other in stage.steps[step.index :] if choice.named else ():
        for use in index.of(other).uses if other.keyword == "RUN" else ():
            if use.usage.manager.name == "apt" and any(word.literal_or_text in _AUTO for word in use.usage.words):
                line = other.instruction.line
                reason = (
                    f"`{shown(use.located)}` on line {line} would leave {choice.named[0]}, once an install names it"
                )
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

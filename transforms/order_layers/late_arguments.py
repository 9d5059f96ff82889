"""Which build arguments go down to their first use: those with another value in every build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfix.rewriter.answers.reason import LeaveAlone, Reason, attempt
from dfix.rewriter.knowledge.early_steps import volatile_names
from dfix.rewriter.layout.copy_lines import block
from dfix.rewriter.model import Model, Stage, Step
from dfix.rewriter.model.build import assignments
from dfix.rewriter.neighbours.early_run import costly, early_run
from dfix.rewriter.neighbours.variable_readers import language_install, may_read_any, words_of
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple

_USED = expression(r"\$\{?(\w+)")
_MOST_STEPS = 300


class LateArguments(NamedTuple):
    """ARGs, and the LABELs that are all that uses them, which go down."""

    steps: tuple[Step, ...]
    before: Step | None
    """The step above which they go; None for the end of the stage."""
    passed: str
    """The slow command that no longer runs again, for messages."""


class StaysEarly(NamedTuple):
    """An ARG above a slow RUN that may read it."""

    step: Step
    reason: Reason


def late_arguments(model: Model, stage: Stage) -> Iterator[LateArguments | StaysEarly]:
    """Every group of volatile ARGs of a stage that goes below a slow RUN, and why others stay."""
    if len(stage.steps) > _MOST_STEPS:
        return
    volatile = {step for step in stage.steps if _is_volatile(step, _defaults(model))}
    done: set[Step] = set()
    late: dict[Step | None, LateArguments] = {}
    stays: StaysEarly | None = None
    for step in stage.steps:
        if step in done or step not in volatile:
            continue
        group = _group(stage, step, volatile)
        done.update(group)
        found = attempt(_late, model, stage, group)
        if isinstance(found, Reason):
            stays = stays or StaysEarly(step, found)
        elif found is not None:
            # those that go to the same place stay together
            others = late[found.before].steps if found.before in late else ()
            together = tuple(sorted((*others, *found.steps), key=lambda one: one.index))
            late[found.before] = LateArguments(together, found.before, found.passed)
    if stays is not None:  # one for all ARGs: they stay above the same RUN
        yield stays
    for found in late.values():
        reason = attempt(_check_comments, model, stage, found.steps)
        yield found if reason is None else StaysEarly(found.steps[0], reason)


def _defaults(model: Model) -> set[str]:
    """The build arguments that have a default before the first FROM, which an ARG without one takes over."""
    first = model.stages[0].instruction.span.start
    found = (
        word.text.partition("=") for one in model.tree.instructions if one.span.start < first for word in one.words
    )
    return {name for name, _, default in found if default}


def _is_volatile(step: Step, defaults: set[str]) -> bool:
    """Whether a step is an ARG of one name whose value changes with every build."""
    if step.keyword != "ARG" or step.onbuild or len(step.instruction.words) != 1:
        return False
    name, _, default = step.instruction.words[0].text.partition("=")
    names = volatile_names()
    bare = name.upper().replace("-", "_")
    has_default = name in defaults or default.strip("\"'") != ""
    return bare in names.always or (bare in names.without_default and not has_default)


def _group(stage: Stage, first: Step, volatile: set[Step]) -> tuple[Step, ...]:
    """An ARG with the LABELs that name it, and the volatile ARGs that those name, in the order of the file."""
    group = {first}
    while True:
        names = _names(group)
        labels = {
            step
            for step in stage.steps[first.index :]
            if step.keyword == "LABEL" and not step.onbuild and names & words_of(step)
        }
        arguments = {
            step
            for step in stage.steps[first.index :]
            if step in volatile and any(_names((step,)) & words_of(label) for label in labels)
        }
        if labels | arguments <= group:
            return tuple(sorted(group, key=lambda step: step.index))
        group |= labels | arguments


def _names(steps: Iterable[Step]) -> set[str]:
    return {step.instruction.words[0].text.partition("=")[0] for step in steps if step.keyword == "ARG"}


def _keys(label: Step) -> set[str]:
    return {key.strip("\"'") for key, _ in assignments(label.instruction)}


def _late(model: Model, stage: Stage, group: tuple[Step, ...]) -> LateArguments | None:
    """How far down a group goes; None if that saves nothing. Raises LeaveAlone where a slow RUN may read an ARG."""
    passed: Step | None = None
    stop: Step | None = None
    for step in stage.steps[group[0].index :]:
        if step in group:
            continue
        found = attempt(_passes, model, step, group)
        if isinstance(found, Reason) and passed is None and costly(step):
            raise LeaveAlone(*found)
        if found is not True:
            stop = step
            break
        if step.keyword == "RUN" and not step.onbuild and costly(step):
            passed = step
    if passed is None:
        return None
    moved = tuple(step for step in group if step.index < passed.index)
    later = next((step for step in group if step.index > passed.index), stop)
    before = later if later is None or stop is None or later.index < stop.index else stop
    return LateArguments(moved, before, costly(passed))


def _passes(model: Model, step: Step, group: tuple[Step, ...]) -> bool:
    """Whether the ARGs and LABELs may go below a step. Raises LeaveAlone where a RUN may read one of the ARGs."""
    names, words = _names(group), words_of(step)
    if names & words:
        return False
    if step.keyword == "LABEL":
        keys = {key for label in group if label.keyword == "LABEL" for key in _keys(label)}
        return not any("$" in key for key in keys) and not keys & _keys(step)
    if step.keyword in ("ENV", "ARG"):
        return not words & {name for one in group for name in _USED.findall(one.source_text)}
    if step.keyword == "RUN" and not step.onbuild:
        _check_run(model, step, min(names))
    return True


def _check_run(model: Model, step: Step, name: str) -> None:
    """Raise LeaveAlone unless the commands of a RUN are known, and none of them reads variables of such names."""
    what = f"dfix does not know whether the RUN on line {step.instruction.line} reads {name}"
    run = attempt(early_run, model, step)
    if isinstance(run, Reason) or may_read_any(step):
        raise LeaveAlone("reads-environment", what, f"move the ARG below it yourself, if it reads no {name}")
    install = language_install(run)
    if install:
        what = f"scripts of what `{install}` installs may read {name}"
        raise LeaveAlone("reads-environment", what, "move the ARG below it yourself, if none of them does")


def _check_comments(model: Model, stage: Stage, moved: tuple[Step, ...]) -> None:
    """Raise LeaveAlone where a comment above an ARG may be about the lines below it, too, which stay."""
    for step in moved:
        own = block(model.tree, step.instruction)
        following = stage.steps[step.index + 1] if step.index + 1 < len(stage.steps) else None
        if own.span.start == step.instruction.span.start or following is None or following in moved:
            continue
        below = block(model.tree, following.instruction)
        if below.span.start == step.instruction.span.end and following.keyword in ("ARG", "ENV", "LABEL"):
            line = step.instruction.line
            raise LeaveAlone("comment", f"the comment above line {line} may be about the lines below it, too")

"""Which steps an edit of the Dockerfile makes run again by themselves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dfix.rewriter.dockerfile import Instruction
from dfix.rewriter.model.build import Model
from dfix.rewriter.model.reruns.build_arguments import global_values
from dfix.rewriter.model.reruns.build_steps import is_linked, makes_layer
from dfix.rewriter.model.stage import Stage, Step

_Key = tuple[object, ...]


def edited(before: Model, after: Model) -> frozenset[Step | Stage]:
    """The stages with another base and the steps with another text or environment, of those of `after`.

    Stages are compared by name, or by number where they have none or another one; steps by their place in the stage.
    What follows a step that differs runs again anyway.
    """
    old, new = dict(_named(before)), dict(_named(after))
    defaults = global_values(before.tree), global_values(after.tree)
    found: set[Step | Stage] = set()
    for name, stage in new.items():
        other = old.get(name) or next((o for n, o in old.items() if o.index == stage.index and n not in new), None)
        if other is None or _base(other, defaults[0]) != _base(stage, defaults[1]):
            found.add(stage)
        keys = list(_keys(other, defaults[0])) if other is not None else []
        steps = [step for step in stage.steps if makes_layer(step)]
        for at, (step, key) in enumerate(zip(steps, _keys(stage, defaults[1]), strict=True)):
            if key not in keys if is_linked(step) else keys[at : at + 1] != [key]:
                found.add(step)
    return frozenset(found)


def _named(model: Model) -> Iterator[tuple[_Key, Stage]]:
    """The stages by name, or by number where they have none; one name may occur several times."""
    seen: Counter[str] = Counter()
    for stage in model.stages:
        name = stage.name or str(stage.index)
        seen[name] += 1
        yield (name, seen[name]), stage


def _base(stage: Stage, defaults: dict[str, str]) -> _Key:
    words = [word.text for word in stage.instruction.words[:1]]
    return (words, sorted(defaults.items()) if "$" in "".join(words) else ())


def _keys(stage: Stage, defaults: dict[str, str]) -> Iterator[_Key]:
    """For each step of a stage all that decides about it, apart from files."""
    settings: list[_Key] = []
    for step in stage.steps:
        if step.onbuild:
            continue
        if step.keyword in ("ENV", "ARG"):
            names = [word.text.partition("=") for word in step.instruction.words]
            bare = [(name, defaults.get(name)) for name, sign, _ in names if not sign and step.keyword == "ARG"]
            settings.append((step.keyword, " ".join(step.instruction.logical.split()), tuple(bare)))
        elif makes_layer(step):
            text = (step.keyword, *_text(step.instruction))
            if step.keyword == "RUN":
                yield (*text, tuple(settings), step.user, step.workdir, step.shell)
            else:
                words = tuple(step.expand(word.text) for word in step.instruction.words)
                yield (*text, words, step.workdir, step.user if step.keyword == "WORKDIR" else None)


def _text(instruction: Instruction) -> Iterator[object]:
    """What the builder is given of an instruction."""
    yield tuple((flag.name, flag.value) for flag in instruction.flags)
    yield instruction.value
    yield tuple(instruction.text[heredoc.body.start : heredoc.body.end] for heredoc in instruction.heredocs)

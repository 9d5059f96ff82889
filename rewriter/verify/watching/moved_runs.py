"""Which RUNs a rewrite moves before the copy of files that they could read, and which copy brings those later."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.knowledge import project_install
from dfix.rewriter.model import Model
from dfix.rewriter.model.build import build as build_model
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied, copied
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Source

_COPIES = ("COPY", "ADD")
_GAPS = " \t\r\n\\"


class MovedRun(NamedTuple):
    """A RUN that comes before a copy which it came after.

    Paths of the image are absolute, or relative to the RUN's own folder where nobody knows that before the build.
    """

    step: Step
    """As it is in the original."""
    instruction: str
    """As it is in the rewrite, where it may be only the first part of the author's."""
    files: dict[str, str]
    """What the author's copies bring before the RUN: image path to context path."""
    late: dict[str, int]
    """The image paths that the rewrite copies after the RUN, and on which line of the rewrite."""
    missing: frozenset[str]
    """Those of `files` that the rewrite does not copy before the RUN, or only with another content."""
    owned: frozenset[str]
    """Those of `late` that get their owner from the copy itself: which one, the images show."""
    runs_again: bool
    """Whether the rewrite runs its install once more after the late copies, and so changes their files again."""


def moved_runs(before: Source, after: Source, context: Context, context_after: Context) -> Iterator[MovedRun]:
    """The RUNs that a rewrite moves past copies; none where it changes the number of stages."""
    old, new = (build_model(parse(source)) for source in (before, after))
    if len(old.stages) == len(new.stages) and not (old.opaque or new.opaque):
        for was, now in zip(old.stages, new.stages, strict=True):
            for step, moved in _pairs(old, was, new, now):
                run = _moved(step, moved, new, context, context_after)
                if run.missing:
                    yield run


def _pairs(old: Model, was: Stage, new: Model, now: Stage) -> Iterator[tuple[Step, Step]]:
    """Each RUN of the rewrite together with that of the original which it is, or whose first part it is."""
    left = _runs(was)
    for step in _runs(now):
        text = _text(new, step)
        for number, other in enumerate(left):
            if _begins(_text(old, other), text):
                del left[: number + 1]
                yield other, step
                break


def _runs(stage: Stage) -> list[Step]:
    return [step for step in stage.steps if step.keyword == "RUN" and not step.onbuild]


def _text(model: Model, step: Step) -> str:
    span = step.instruction.span
    return model.source.text[span.start : span.end].strip()


def _begins(whole: str, part: str) -> bool:
    """Whether `part` is the instruction `whole`, or its commands up to an `&&`."""
    rest = whole[len(part) :].lstrip(_GAPS)
    return whole.startswith(part) and (not rest or rest.startswith(("&&", "#")))


def _moved(step: Step, moved: Step, new: Model, context: Context, context_after: Context) -> MovedRun:
    instruction = _text(new, moved)
    files = dict(_brought(_earlier(step), context, step))
    early = dict(_brought(_earlier(moved), context_after, moved))
    late: dict[str, int] = {}
    owned: set[str] = set()
    for copy in moved.stage.steps[moved.index + 1 :]:
        for image, _ in _brought([copy], context_after, moved):
            late[image] = copy.instruction.line
            (owned.discard if copy.instruction.flag("chown") is None else owned.add)(image)
    missing = {image for image, path in files.items() if image in late and early.get(image) != path}
    last = max(late.values(), default=0)
    after = {install for run in _runs(moved.stage) if run.instruction.line > last for install in _installs(run)}
    again = not after.isdisjoint(_installs(moved))
    return MovedRun(step, instruction, files, late, frozenset(missing), frozenset(owned), again)


def _installs(step: Step) -> Iterator[tuple[str, ...]]:
    """The words of each command of a RUN that installs what the project names."""
    for command in located(step):
        if project_install(command.words) is not None:
            yield tuple(word.text for word in command.words)


def _earlier(step: Step) -> Iterator[Step]:
    """The steps before this one, those of the stages that its stage builds on first."""
    for stage in reversed(list(step.stage.ancestry())):
        yield from stage.steps if stage is not step.stage else stage.steps[: step.index]


def _brought(steps: Iterable[Step], context: Context, run: Step) -> Iterator[tuple[str, str]]:
    """What the copies among `steps` bring, as pairs of image path and context path; later ones win in a dict."""
    for step in steps:
        if step.keyword not in _COPIES or step.onbuild or step.instruction.flag("from") is not None:
            continue
        found = copied(step, context)
        if isinstance(found, Copied):
            for path in found.brought.paths():
                image = found.brought.image_path_of(path)
                named = None if image is None else _named_in(run, image)
                if named is not None:
                    yield named, path


def _named_in(run: Step, image: str) -> str | None:
    """How a RUN can name an image path; None where the path is below an unknown folder that is not the RUN's."""
    if image.startswith("/"):
        return image
    if not (run.workdir or "").startswith("?") or not image.startswith("?"):
        return None
    return posixpath.join(".", posixpath.relpath(image, run.workdir))

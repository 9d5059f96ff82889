"""Which steps of a build run again when files of the context or instructions change, by BuildKit's rules.

A COPY or ADD runs again when the content of what it brings changes (moby/buildkit, solver/llbsolver/ops/file.go: its
cache key is the content of the sources and the key of the step before it), a RUN when its text, its environment, the
step before it or a file of a bind mount does (exec.go). With `--link` a COPY has no step before it. LABEL, EXPOSE, CMD
and other settings of the image make no layer, and what follows them stays cached.
"""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.build import Model, used_stages
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.effects import effects
from dfix.rewriter.model.paths import overlaps
from dfix.rewriter.model.reruns.build_arguments import global_values, own_arguments
from dfix.rewriter.model.reruns.build_steps import is_linked, makes_layer
from dfix.rewriter.model.reruns.context_reads import ContextReads
from dfix.rewriter.model.stage import Stage, Step
from dfix.rewriter.text.named_tuple import NamedTuple

_CHEAP = ("nothing", "quick")


class Cause(NamedTuple):
    """Why a step runs again."""

    kind: str
    """`files`: a file that it reads has changed; `text`: the instruction has; `stage`: what it copies or mounts from
    `other`'s stage has; `before`: `other`, the first step of the stage that runs again, is before it; `base`: its
    stage is built on one that does not stay as it is."""
    other: Step | None = None
    certain: bool = True
    """False if it depends on what a RUN writes, which may be the same as before: then the step stays cached."""


class FilesOf(NamedTuple):
    """The files of the context that make a step run again."""

    number: int
    readers: tuple[Step, ...]
    """The steps that read them, in the order of the file."""


Touched = frozenset[tuple[Step, str | None]]
"""The steps that read a changed file, and with each of them the paths of the image to which it brings one."""


class _Taken(NamedTuple):
    """Files that a COPY or RUN takes from an earlier stage."""

    stage: Stage
    path: str
    """The image path in that stage, up to the first wildcard."""


class Reruns:
    """The steps of a Dockerfile in a build context, and what makes them run again.

    Asked about many sets of paths, it looks at each path and at each combination of what they touch only once.
    `merges`: the builder can merge layers. One that can't, such as Docker's own without the containerd image store,
    takes `COPY --link` for a COPY (dockerfile2llb asks for the capability MergeOp).
    """

    def __init__(self, model: Model, context: Context, *, merges: bool = True) -> None:
        self.merges = merges
        self.stages = model.stages
        self.context = context
        defaults = global_values(model.tree)
        self._arguments = own_arguments(model)
        self._taken: dict[Step, list[_Taken]] = {}
        self._reads: dict[Step, ContextReads] = {}
        for step in self.steps():
            reads = ContextReads(step, context, defaults)
            if reads.anything:
                self._reads[step] = reads
            self._taken[step] = list(self._from_stages(step))
        self._images = self._images_taken()
        self._touched: dict[str, Touched] = {}
        self._answers: dict[tuple[Touched, frozenset[Step | Stage]], dict[Step, Cause]] = {}

    def steps(self) -> Iterator[Step]:
        """Every step of the build that has a cache entry, in the order of the file."""
        return (step for stage in self.stages for step in stage.steps if makes_layer(step))

    def reads(self, step: Step) -> ContextReads | None:
        """What a step reads from the build context; None for nothing."""
        return self._reads.get(step)

    def again(
        self, paths: Iterable[str], edited: Collection[Step | Stage] = (), also: Touched = frozenset()
    ) -> dict[Step, Cause]:
        """The steps that run again when files at these context paths were added, deleted or changed, each with why.

        `edited` are steps, and stages by their FROM, whose instruction has changed. `also` is what other paths touch,
        in the same Dockerfile and a context with another ignore file.
        """
        touched = also.union(*map(self.touched, paths))
        key = (touched, frozenset(edited))
        if key not in self._answers:
            self._answers[key] = _Pass(self, touched, key[1]).result()
        return self._answers[key]

    def touched(self, path: str) -> Touched:
        """What a context path touches. Two paths that touch the same make the same steps run again."""
        found = self._touched.get(path)
        if found is None:
            found = self._touched[path] = frozenset(self._touch(path))
        return found

    def _touch(self, path: str) -> Iterator[tuple[Step, str | None]]:
        for step, reads in self._reads.items():
            places = reads.places(path)
            if places:
                yield step, None
                if step.keyword != "RUN":
                    for image in self._images[step.stage.index]:
                        if any(place is None or overlaps(place, image) for place in places):
                            yield step, image

    def taken(self, step: Step) -> list[_Taken]:
        """What a step takes from earlier stages."""
        return self._taken.get(step, [])

    def files(self) -> dict[Step, FilesOf]:
        """For each step, the files of the context that make it run again."""
        counts: dict[Step, int] = dict.fromkeys(self.steps(), 0)
        readers: dict[Step, dict[Step, None]] = {step: {} for step in counts}
        groups: dict[Touched, int] = {}
        for path in self.context.below(""):
            touched = self.touched(path)
            groups[touched] = groups.get(touched, 0) + 1
        for touched, number in groups.items():
            for step in _Pass(self, touched, frozenset()).result():
                counts[step] += number
        for reader in self._reads:
            for own in {frozenset(item for item in touched if item[0] is reader) for touched in groups} - {frozenset()}:
                for step in _Pass(self, own, frozenset()).result():
                    readers[step][reader] = None
        return {step: FilesOf(number, tuple(readers[step])) for step, number in counts.items()}

    def arguments(self) -> dict[Step | Stage, tuple[str, ...]]:
        """For each step, and each stage by its FROM, the build arguments of which another value makes it run again."""
        found: dict[Step | Stage, list[str]] = {key: [] for key in self._arguments}
        for name in sorted(frozenset().union(*self._arguments.values())):
            own = [key for key, names in self._arguments.items() if name in names]
            again: set[Step | Stage] = {key for key in own if isinstance(key, Stage)}
            for key in again.union(self.again((), own)):
                found[key].append(name)
        return {key: tuple(names) for key, names in found.items()}

    def _images_taken(self) -> dict[int, dict[str, None]]:
        """For each stage, the image paths that are taken from it, or from stages built on it."""
        images: dict[int, dict[str, None]] = {stage.index: {} for stage in self.stages}
        for taken in (taken for found in self._taken.values() for taken in found):
            for stage in taken.stage.ancestry():
                images.get(stage.index, {})[taken.path] = None
        return images

    def _from_stages(self, step: Step) -> Iterator[_Taken]:
        if step.keyword == "RUN":
            for mount in step.mounts:
                for stage in self._named(step, mount.from_ or ""):
                    yield _Taken(stage, static_path(mount.source or "/"))
            return
        for stage in used_stages(step, self.stages[: step.stage.index]):
            for word in step.instruction.words[:-1]:
                yield _Taken(stage, static_path(step.expand(word.text) or "/"))

    def _named(self, step: Step, name: str) -> Iterator[Stage]:
        for stage in self.stages[: step.stage.index]:
            if name and (stage.name == name.lower() or str(stage.index) == name):
                yield stage


class _Pass:
    """One walk through all stages."""

    def __init__(self, reruns: Reruns, touched: Touched, edited: frozenset[Step | Stage]) -> None:
        self._reruns, self._touched, self._edited = reruns, touched, edited
        self._again: dict[Step, Cause] = {}
        self._ends: dict[int, Cause] = {}  # by stage: why what builds on it runs again

    def result(self) -> dict[Step, Cause]:
        for stage in self._reruns.stages:
            self._stage(stage)
        return self._again

    def _stage(self, stage: Stage) -> None:
        moved: Cause | None = None
        if stage in self._edited:
            moved = Cause("text")
        elif stage.parent is not None and stage.parent in self._reruns.stages:
            end = self._ends.get(stage.parent.index)
            moved = end and Cause("base", end.other, end.certain)
        for step in stage.steps:
            if not makes_layer(step):
                continue
            own = self._own(step)
            follows = None if self._reruns.merges and is_linked(step) else moved
            cause = _surer(own, follows)
            if cause is None:
                continue
            self._again[step] = cause
            if moved is None or (cause.certain and not moved.certain):
                moved = Cause("before", step, cause.certain)
        if moved is not None:
            self._ends[stage.index] = moved

    def _own(self, step: Step) -> Cause | None:
        """Why a step runs again whatever is before it; None if it does not."""
        if step in self._edited:
            return Cause("text")
        if (step, None) in self._touched:
            return Cause("files")
        found: Cause | None = None
        for stage, path in self._reruns.taken(step):
            found = _surer(found, self._changed(stage, path))
        return found

    def _changed(self, stage: Stage, path: str) -> Cause | None:
        """Why the files at a path of a stage differ; None if they do not. A RUN may write the same as before."""
        found: Cause | None = None
        for other in stage.ancestry():
            if other in self._edited:  # another base image
                return Cause("stage", None, False)
            for step in other.steps:
                cause = self._again.get(step)
                if cause is not None and (found is None or not found.certain) and self._writes(step, cause, path):
                    found = Cause("stage", step, cause.certain and step.keyword != "RUN")
        return found

    def _writes(self, step: Step, cause: Cause, path: str) -> bool:
        """Whether a step that runs again may leave something else at an image path, or below it."""
        if step.keyword == "RUN":
            return _may_write(step, path)
        if step.keyword == "WORKDIR" or cause.kind in ("before", "base"):
            return step.keyword != "WORKDIR" and self._changes_also(step, path)
        if cause.kind == "files":
            return (step, path) in self._touched
        target = step.destination
        return target is None or overlaps(target, path)

    def _changes_also(self, step: Step, path: str) -> bool:
        """Whether a COPY that follows a step which runs again also brings something else."""
        if (step, path) in self._touched:
            return True
        if not any(self._changed(stage, source) for stage, source in self._reruns.taken(step)):
            return False
        target = step.destination
        return target is None or overlaps(target, path)


def _surer(first: Cause | None, second: Cause | None) -> Cause | None:
    """The cause that is certain; the first of two that are, or that both are not."""
    if first is None or (second is not None and second.certain and not first.certain):
        return second
    return first


def static_path(source: str) -> str:
    """The absolute path of a source in a stage, up to the first part with a wildcard or a variable."""
    kept: list[str] = []
    for part in posixpath.normpath("/" + source).split("/"):
        if any(mark in part for mark in "*?[\\$"):
            break
        kept.append(part)
    return "/" + "/".join(filter(None, kept))


def _may_write(step: Step, path: str) -> bool:
    """Whether a RUN may write to an image path or below it; only quick commands are known well enough to say no."""
    if step.script.opaque:
        return True
    for command in located(step):
        found = effects(command)
        if found.anything or found.network or found.cost not in _CHEAP:
            return True
        if any(place.path[:1] != "/" or overlaps(place.path, path) for place in found.writes):
            return True
    return False

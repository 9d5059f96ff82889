"""The COPY and ADD instructions before a RUN, and what each brings from the build context."""

from __future__ import annotations

from collections.abc import Sequence

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model import Stage, Step
from dfix.rewriter.model.copied import Copied, Unclear, copied
from dfix.rewriter.model.file_map.file_map import FileMap, map_before


def copies_from_context(step: Step) -> bool:
    """Whether the step is a COPY or ADD of files from the build context."""
    if step.onbuild or step.keyword not in ("COPY", "ADD"):
        return False
    return step.instruction.flag("from") is None and not step.instruction.heredocs


def names_a_folder(step: Step) -> bool:
    """Whether a source of a COPY looks like a folder. This works without a build context: `.`, `src/`, `*`."""
    return any(word.text in (".", "./", "/", "*") or word.text.endswith("/") for word in step.instruction.words[:-1])


class StageCopies:
    """What the copies before a RUN bring from the build context.

    `steps` are these COPY and ADD instructions, in order. `brought` keeps what each brings, so that it is worked out
    once for all RUNs of the stage. `stages` are those of the Dockerfile.
    """

    __slots__ = ("_brought", "_map", "context", "run", "stages", "steps")

    def __init__(
        self,
        context: Context,
        stages: Sequence[Stage],
        run: Step,
        steps: Sequence[Step],
        brought: dict[Step, Copied | Unclear],
    ) -> None:
        self.context = context
        self.stages = stages
        self.run = run
        self.steps = tuple(steps)
        self._brought = brought
        self._map: FileMap | None = None

    def of(self, step: Step) -> Copied | Unclear:
        """What a COPY or ADD without `--from` brings, also one that is not before the RUN."""
        if step not in self._brought:
            self._brought[step] = copied(step, self.context)
        return self._brought[step]

    def in_context(self, context: Context) -> StageCopies:
        """The same instructions with another build context (one whose ignore file has a line more)."""
        return StageCopies(context, self.stages, self.run, self.steps, {})

    @property
    def file_map(self) -> FileMap:
        """Which file is where in the image when the RUN runs."""
        if self._map is None:
            self._map = map_before(self.run, self.context, self.of)
        return self._map

    @property
    def clear(self) -> list[Copied]:
        """The copies that dfix can follow."""
        own = set(self.steps)
        return [copy for copy in self.file_map.copies if copy.step in own]

    @property
    def unclear(self) -> list[Unclear]:
        """The copies that dfix cannot follow."""
        return [copy for copy in map(self.of, self.steps) if isinstance(copy, Unclear)]

    @property
    def bring_a_folder(self) -> bool:
        """Whether one of them brings a folder."""
        return any(copy.brings_a_folder for copy in self.clear)

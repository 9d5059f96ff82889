"""The COPY and ADD instructions before a RUN, and what each brings from the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model import Step
from dfix.rewriter.model.copied import Copied, Unclear, copied


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
    once for all RUNs of the stage.
    """

    __slots__ = ("_brought", "context", "steps")

    def __init__(self, context: Context, steps: Sequence[Step], brought: dict[Step, Copied | Unclear]) -> None:
        self.context = context
        self.steps = tuple(steps)
        self._brought = brought

    def of(self, step: Step) -> Copied | Unclear:
        """What a COPY or ADD without `--from` brings, also one that is not before the RUN."""
        if step not in self._brought:
            self._brought[step] = copied(step, self.context)
        return self._brought[step]

    def in_context(self, context: Context) -> StageCopies:
        """The same instructions with another build context (one whose ignore file has a line more)."""
        return StageCopies(context, self.steps, {})

    @property
    def clear(self) -> list[Copied]:
        """The copies that dfix can follow."""
        return [copy for copy in map(self.of, self.steps) if isinstance(copy, Copied)]

    @property
    def unclear(self) -> list[Unclear]:
        """The copies that dfix cannot follow."""
        return [copy for copy in map(self.of, self.steps) if isinstance(copy, Unclear)]

    @property
    def bring_a_folder(self) -> bool:
        """Whether one of them brings a folder."""
        return any(copy.brings_a_folder for copy in self.clear)

    def image_paths(self, path: str) -> dict[str, Copied]:
        """Each image path to which a context path is copied, with the last copy that puts it there.

        After `COPY . /app` and `COPY a.json /app/`, the file a.json is at /app/a.json, put there by the second copy.
        """
        copies = {copy.brought.image_path_of(path): copy for copy in self.clear}
        return {image_path: copy for image_path, copy in copies.items() if image_path is not None}

    def context_path(self, image_path: str) -> str | None:
        """The context path of the file at an image path."""
        paths = (copy.brought.context_path_of(image_path) for copy in reversed(self.clear))
        return next((path for path in paths if path is not None), None)

    def context_folder(self, image_folder: str) -> str | None:
        """The context folder whose content is at an image folder; "" is the context itself."""
        return next(iter(self.context_folders(image_folder)), None)

    def context_folders(self, image_folder: str) -> list[str]:
        """Every context folder that has content at an image folder: whole folders first, and later copies first."""
        brought = [copy.brought for copy in reversed(self.clear)]
        whole = [folder for files in brought if (folder := files.context_folder_at(image_folder)) is not None]
        of_files = [posixpath.dirname(path) for files in brought for path in files.files_in(image_folder)]
        return list(dict.fromkeys((*whole, *of_files)))

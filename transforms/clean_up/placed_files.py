"""Which files instructions put at an image path: those of the build context, and those that the Dockerfile writes."""

from __future__ import annotations

import posixpath
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from dfix.rewriter.context.context_path import normal
from dfix.rewriter.model.copied import Copied, Unclear, copied
from dfix.transforms.clean_up.made_files import MadeFiles

if TYPE_CHECKING:
    from dfix.rewriter.model import Model, Step
    from dfix.rewriter.model.cache_use import RunIndex

_MOST_MOVES = 50
"""Places from which a file may come that are looked at."""


class PlacedFiles:
    """The files that the instructions of a Dockerfile bring, by image path.

    The path of a context file is its context path, that of a file which the Dockerfile writes its image path.
    """

    def __init__(self, model: Model, runs: RunIndex) -> None:
        self._model = model
        self._runs = runs
        self._at: dict[str, list[str]] = {}

    @cached_property
    def made(self) -> MadeFiles:
        """What the Dockerfile itself writes."""
        return MadeFiles(self._model, self._runs)

    def at(self, image_path: str) -> list[str]:
        """The files that some instruction puts at an image path, or may put there."""
        if image_path not in self._at:
            found: list[str] = []
            pending = [image_path]
            for place in pending:
                found += self._copied_to(place) + self.made.at(place)
                pending += [source for source in self.made.moved_from(place) if source not in pending][:_MOST_MOVES]
                if len(pending) > _MOST_MOVES:
                    break
            self._at[image_path] = list(dict.fromkeys(found))
        return self._at[image_path]

    def below(self, image_folder: str, most: int) -> list[str]:
        """The files that instructions put below an image folder, or at its path; stops soon after `most`."""
        found = self._brought_below(image_folder, most)
        for source in self.made.moved_into(image_folder):
            near, name = posixpath.dirname(source), posixpath.basename(source)
            if "*" in name:
                found += [path for path in self._brought_below(near, most) if fnmatchcase(path, f"*{name}")]
            else:
                found += self._brought_below(source, most)
        return list(dict.fromkeys(found))[:most]

    def _brought_below(self, image_folder: str, most: int) -> list[str]:
        found = [*self.at(image_folder), *self.made.below(image_folder)]
        for copy in self._copies:
            for image_path in copy.brought.image_paths_below(image_folder, most):
                found += self.at(image_path)
        for unclear in self._unclear:
            if unclear.destination is not None and f"{unclear.destination}/".startswith(f"{image_folder}/"):
                found += self._sources(unclear.step)
        return found

    @cached_property
    def partial(self) -> bool:
        """Whether files of the context also come to the image in ways that are not followed."""
        runs = (step for stage in self._model.stages for step in stage.steps if step.keyword == "RUN")
        return len(self._copies) < len(self._adding) or any(m.kind == "bind" for step in runs for m in step.mounts)

    def _copied_to(self, image_path: str) -> list[str]:
        """The context files that some COPY puts at an image path, or may put there."""
        found = [path for copy in self._copies if (path := copy.brought.context_path_of(image_path)) is not None]
        if not self._unclear_to:
            return found
        folder, name = posixpath.split(image_path)
        # `COPY x.sh /bin/x` writes a file of that name, or one in a folder of that name
        for place in dict.fromkeys((image_path, folder)):
            for copy in self._unclear_to.get(place, ()):
                found += [p for p in self._sources(copy.step) if place == image_path or p.endswith(name)]
        return found

    def _sources(self, step: Step) -> list[str]:
        context = self._model.context
        sources = (normal(word.text) for word in step.instruction.words[:-1])
        return [path for path in sources if context is not None and context.ships(path)]

    @cached_property
    def _added(self) -> list[Copied | Unclear]:
        """What each COPY and ADD from the context brings."""
        context = self._model.context
        if context is None:
            return []
        return [copied(step, context) for step in self._adding if step.instruction.flag("from") is None]

    @cached_property
    def _copies(self) -> list[Copied]:
        return [answer for answer in self._added if isinstance(answer, Copied)]

    @cached_property
    def _unclear(self) -> list[Unclear]:
        return [answer for answer in self._added if isinstance(answer, Unclear)]

    @cached_property
    def _unclear_to(self) -> dict[str | None, list[Unclear]]:
        """Those that are not followed, by their destinations."""
        by_destination: dict[str | None, list[Unclear]] = {}
        for copy in self._unclear:
            by_destination.setdefault(copy.destination, []).append(copy)
        return by_destination

    @cached_property
    def _adding(self) -> list[Step]:
        return [step for stage in self._model.stages for step in stage.steps if step.keyword in ("COPY", "ADD")]

"""The files that FROM, COPY, ADD and RUN leave in the image, step after step; the last writer of a path wins.

Nothing is listed: a question about one path looks at the copies from the last to the first, and at single files of the
context. Links are followed as BuildKit follows them: the source of a COPY leads to what is copied (context/brought.py),
a link below a copied folder is copied as a link, and a destination behind such a link is where the link leads.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator

from dfix.rewriter.answers.reason import Reason
from dfix.rewriter.context.brought import Brought
from dfix.rewriter.context.context_path import follow
from dfix.rewriter.context.folder import Context
from dfix.rewriter.knowledge.program_table import of_kind
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.copied import Copied, Unclear, copied
from dfix.rewriter.model.effects import Effects, effects
from dfix.rewriter.model.paths import within
from dfix.rewriter.model.stage import Step
from dfix.rewriter.shell.walk import program_name
from dfix.rewriter.text.named_tuple import NamedTuple


class ImageFile(NamedTuple):
    """A file of the context at a path of the image."""

    path: str
    """In the image."""
    source: str
    """In the context."""
    copy: Copied
    """The last COPY or ADD that puts it there."""


class Hidden(NamedTuple):
    """A step that writes files whose content is unknown before the build."""

    step: Step
    path: str | None
    """The image path that it writes; None for any."""
    whole: bool
    """Whether it may also write what is below that path."""
    reason: Reason
    """Why a file that it writes is unknown."""

    def perhaps(self, path: str) -> bool:
        """Whether it may write the file at a path."""
        return self.path is None or self.path == path or (self.whole and within(path, self.path))


class FileMap:
    """The files of the image at one step.

    `layers` are what the steps before it write, in order; `copies` are those of which the files are known.
    """

    __slots__ = ("_has_folders", "_links", "_written", "context", "copies", "layers")

    def __init__(self, context: Context, layers: Iterable[Copied | Hidden] = ()) -> None:
        self.context = context
        self.layers: list[Copied | Hidden] = []
        self.copies: list[Copied] = []
        self._has_folders = False  # links are only below copied folders
        self._links: dict[str, str | None] = {}
        self._written: dict[str, tuple[int, ImageFile | Hidden | None]] = {}
        for layer in layers:
            self.add(layer)

    def add(self, layer: Copied | Hidden) -> None:
        """What one more step writes."""
        if isinstance(layer, Copied):
            layer = self._behind_links(layer) if self._has_folders else layer
            self._has_folders = self._has_folders or layer.brings_a_folder
            self.copies.append(layer)
        self.layers.append(layer)
        self._links.clear()

    def at(self, path: str) -> ImageFile | Hidden | None:
        """What the last writer of an image path puts there; None if no step is known to write it."""
        # each COPY asks for the folders on its way, so that only what was added since the last time is looked at
        known, found = self._written.get(path, (0, None))
        for layer in reversed(self.layers[known:]):
            if isinstance(layer, Hidden):
                if layer.perhaps(path):
                    found = layer
                    break
            elif (source := layer.brought.context_path_of(path)) is not None:
                found = ImageFile(path, source, layer)
                break
        self._written[path] = len(self.layers), found
        return found

    def link_on(self, path: str) -> str | None:
        """The first link on the way to an image path that leads to a folder of the image, as an image path.

        Also the path itself, if it is such a link. None if there is none.
        """
        for here in _prefixes(path):
            target = self.link_at(here)
            if target is not None and self.brings_below(self.followed(here) or "?"):
                return here
        return None

    def brings_below(self, folder: str) -> bool:
        """Whether a copy puts a file below an image folder; at once if a copied folder of the context is there."""
        return any(
            copy.brought.context_folder_at(folder) is not None or copy.brought.brings_below(folder)
            for copy in self.copies
        )

    def followed(self, path: str) -> str | None:
        """An image path with the links of copied folders on its way followed; None for a circle."""
        return follow(path, self.link_at)

    def link_at(self, path: str) -> str | None:
        """What the link at an image path says; None if no link is known there."""
        if path not in self._links:
            there = self.at(path)
            is_own = isinstance(there, ImageFile) and any(e.image == path for e in there.copy.brought.entries)
            # a link that a COPY names is followed, so that only those below a folder get into the image
            link = self.context.link(there.source) if isinstance(there, ImageFile) and not is_own else None
            self._links[path] = link
        return self._links[path]

    def _behind_links(self, copy: Copied) -> Copied:
        """The copy with its destinations where the links of earlier copies lead."""
        entries = []
        for entry in copy.brought.entries:
            parent, name = posixpath.split(entry.image)
            image = (
                self.followed(entry.image) if entry.folder else posixpath.join(self.followed(parent) or parent, name)
            )
            entries.append(entry._replace(image=image or entry.image))
        if tuple(entries) == copy.brought.entries:
            return copy
        destination = self.followed(copy.destination) or copy.destination
        return copy._replace(brought=Brought(self.context, tuple(entries)), destination=destination)


def _prefixes(path: str) -> Iterator[str]:
    """Each folder on the way to a path, and the path."""
    at = path.find("/", 1)
    while at > 0:
        yield path[:at]
        at = path.find("/", at + 1)
    yield path


def map_before(step: Step, context: Context, look_up: Callable[[Step], Copied | Unclear] | None = None) -> FileMap:
    """The files of the image when a step runs. `look_up` says what a COPY or ADD from the context brings."""
    found = FileMap(context)
    for earlier in steps_before(step):
        for layer in written_by(earlier, look_up or (lambda other: copied(other, context)), found):
            found.add(layer)
    return found


def steps_before(step: Step) -> Iterator[Step]:
    """The steps that run in the image before a step: those of the stages that its stage is based on come first."""
    stage, *parents = step.stage.ancestry()
    for parent in reversed(parents):
        yield from (earlier for earlier in parent.steps if not earlier.onbuild)
    yield from (earlier for earlier in stage.steps[: step.index] if not earlier.onbuild)


def written_by(step: Step, look_up: Callable[[Step], Copied | Unclear], so_far: FileMap) -> Iterator[Copied | Hidden]:
    """What a step writes over the files of `so_far`."""
    if step.keyword in ("COPY", "ADD"):
        if step.instruction.flag("from") is not None:
            yield from _from_elsewhere(step)
            return
        brought = look_up(step)
        if isinstance(brought, Copied):
            yield brought
        else:
            yield Hidden(step, brought.destination, True, not_followed(brought))
    elif step.keyword == "RUN" and so_far.copies:
        for found in _effects_on_files(step):
            for place in found.writes:
                if isinstance(so_far.at(place.path), ImageFile):
                    text = (
                        f"`{found.shown}` on line {step.instruction.line} {place.verb} {place.shown} after it is copied"
                    )
                    yield Hidden(step, place.path, False, Reason("run-between", text))


def _effects_on_files(step: Step) -> tuple[Effects, ...]:
    """The effects of a RUN's commands that may change the content of files, worked out once for all later steps."""
    if step.effects is None:
        kept = of_kind("folder") - of_kind("replaces")  # `chmod` and `mkdir` leave the content of files alone
        changing = (c for c in located(step) if not (c.words and program_name(c.words[0]) in kept))
        step.effects = tuple(map(effects, changing))
    return step.effects


def not_followed(copy: Unclear) -> Reason:
    """The reason for a COPY or ADD that dfix cannot follow."""
    step = copy.step
    return Reason(
        "unclear-copy", f"dfix cannot follow the {step.keyword} on line {step.instruction.line}: {copy.reason}"
    )


def _from_elsewhere(step: Step) -> Iterator[Hidden]:
    """The files that a COPY takes from a stage or an image: each source may be a file or a folder."""
    destination = step.destination
    reason = Reason("in-between", f"the {step.keyword} on line {step.instruction.line} may overwrite copied files")
    yield Hidden(step, destination, True, reason)
    for source in step.sources:
        if destination is not None and source is not None:
            yield Hidden(step, posixpath.join(destination, posixpath.basename(source.rstrip("/"))), True, reason)

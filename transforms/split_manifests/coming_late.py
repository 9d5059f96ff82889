"""What the moved copies bring too late for the commands that run before them after a split."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence, Set

from dfix.rewriter.model.copied import Copied
from dfix.transforms.split_manifests.mentioned_paths import is_below, late_source


class ComingLate:
    """What moved copies bring, apart from the context paths `first`, which are copied before the install."""

    def __init__(self, copies: Sequence[Copied], first: Set[str]) -> None:
        self.copies = copies
        self.first = first

    def copied_first(self, path: str) -> bool:
        """Whether a context path is copied before the install."""
        return is_below(self.first, path)

    def at(self, path: str) -> str | None:
        """The context path of a file or folder that comes to an image path too late; "" is the root."""
        return late_source(self.copies, self.first, path)

    def names_in(self, image_folder: str) -> set[str]:
        """The names of the files and folders that come to an image folder too late."""
        start = image_folder.rstrip("/") + "/"
        image_paths = (
            copy.brought.image_path_of(path) or ""
            for copy in self.copies
            for path in copy.brought.paths()
            if not self.copied_first(path)
        )
        return {path[len(start) :].partition("/")[0] for path in image_paths if path.startswith(start)}

    def directly_in(self, image_folder: str) -> Iterator[tuple[Copied, str]]:
        """The context paths that are copied into an image folder, not below it, too late."""
        for copy in self.copies:
            if not copy.brought.may_put_into(image_folder):
                continue
            for path in copy.brought.paths():
                image_path = copy.brought.image_path_of(path)
                if (
                    image_path is not None
                    and posixpath.dirname(image_path) == image_folder
                    and not self.copied_first(path)
                ):
                    yield copy, path

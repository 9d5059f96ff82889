"""What has been looked up in a build context."""

from __future__ import annotations


class LookedUp:
    """What is known of a folder, for one text of its ignore file; paths are relative to it."""

    __slots__ = ("below", "folders", "linked", "links", "ships", "some")

    def __init__(self) -> None:
        self.below: dict[str, tuple[str, ...]] = {}
        """The files below a folder that ship."""
        self.some: dict[tuple[str, int], tuple[str, ...]] = {}
        """The same, where there are more than a number of them."""
        self.ships: dict[str, bool] = {}
        self.linked: dict[str, bool] = {"": False}
        """Whether a folder, or one above it, is a link."""
        self.links: dict[str, str | None] = {}
        """What a link says; None for what is none."""
        self.folders: dict[str, bool] = {}
        """Whether a path is a folder."""


def looked_up(_folder: str, _ignore_text: str) -> LookedUp:
    """What the contexts of a folder with the same ignore file have in common while a command runs: see `once`."""
    return LookedUp()

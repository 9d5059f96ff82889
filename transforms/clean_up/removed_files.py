"""What a clean-up would remove, and where to look for what needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.model import Model
    from dfix.rewriter.model.cache_use import CacheUse, RunIndex
    from dfix.transforms.clean_up.context_scripts import ContextScripts


class Search(NamedTuple):
    """What is known about the Dockerfile and its context, read once for all its clean-ups."""

    model: Model
    runs: RunIndex
    scripts: ContextScripts


class Removal(NamedTuple):
    """What a clean-up would remove."""

    search: Search
    cache_use: CacheUse
    lists: bool
    """Whether it removes package lists, without which an install fails that has no update of its own."""

    @property
    def matters_to_texts(self) -> bool:
        """Whether a text that mentions the manager can need what is removed at all."""
        return self.lists or bool(self.cache_use.clean_up.offline)

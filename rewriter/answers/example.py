"""Examples of a transform: they are its tests, its documentation page and what `dfix rule NAME` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Example(NamedTuple):
    """One Dockerfile before and after.

    `after` is None for a file that must stay as it is; `because` is then a part of the refusal's reason, or
    empty where there is nothing to say. `files` is the build context (path to text); None stands for a Dockerfile
    that is looked at without its context. `ignore_file` is that of the context, after lines were added.
    """

    name: str
    before: str
    after: str | None = None
    because: str = ""
    files: Mapping[str, str] | None = None
    ignore_file: str = ""

    @property
    def changes(self) -> bool:
        """Whether the transform changes something."""
        return self.after is not None or bool(self.ignore_file)

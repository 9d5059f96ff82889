"""Examples of a transform: its tests, part of its documentation page, and what `dfix rule NAME` prints."""

from __future__ import annotations

from collections.abc import Mapping

from dfix.rewriter.text.named_tuple import NamedTuple


class Example(NamedTuple):
    """One Dockerfile before and after."""

    name: str
    """What the example shows ("no build context")."""
    before: str
    """The text of the Dockerfile."""
    after: str | None = None
    """The text that the transform makes of it; None when it must not change the Dockerfile."""
    because: str = ""
    """A part of the reason why the Dockerfile is left alone; "" when the transform says nothing."""
    files: Mapping[str, str] | None = None
    """The build context, by path; None when the transform gets no context."""
    ignore_file: str = ""
    """The text of the context's ignore file afterwards; "" when the transform adds no line to it."""

    @property
    def changes(self) -> bool:
        """Whether the transform changes the Dockerfile or the ignore file."""
        return self.after is not None or bool(self.ignore_file)

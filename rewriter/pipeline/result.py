"""The pipeline's result for one file: all that the reports, the writer and the language server read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.pipeline.options import RecordedChange
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Edit, Region, Source

if TYPE_CHECKING:
    from dfix.rewriter.pipeline.plugins import PluginFault


class Applied(NamedTuple):
    """A change that is part of the result."""

    rule: str
    line: int
    """The 1-based line in the original file."""
    line_after: int
    """The 1-based line in the result."""
    reason: str
    contract: Contract
    edits: tuple[Edit, ...]
    """In offsets of the text that the change was proposed for; later changes may have moved them."""
    offset: int
    """The character offset in the original file."""
    worth: str = ""
    """As in `Change`."""


class Refused(NamedTuple):
    """A place that a rule left alone, with lines as in `Applied`."""

    rule: str
    line: int
    line_after: int
    code: str
    reason: str
    hint: str


class Note(NamedTuple):
    """Something about a line: why a valid file is left alone as a whole (Windows, for example), or a warning."""

    line: int
    message: str


class IgnoreFileChange(NamedTuple):
    """The build context's ignore file before and after; `new` if it doesn't exist yet."""

    before: Source
    after: Source
    new: bool


class UsedContext(NamedTuple):
    """The build context that was looked at, "" if there was none, and why it is that folder, in words."""

    folder: str
    why: str


class Result(NamedTuple):
    """One file before and after."""

    before: Source
    after: Source
    changes: tuple[Applied, ...]
    refusals: tuple[Refused, ...]
    notes: tuple[Note, ...]
    problem: Problem | None
    """If set, nothing is changed: `after` is `before`."""
    ignore_file: IgnoreFileChange | None = None
    """Set if changes depend on new lines in that file."""
    regions: tuple[Region, ...] | None = None
    """Outside of these, both texts are the same; None if unknown."""
    warnings: tuple[Note, ...] = ()
    """Comments for dfix that have no effect."""
    plugin_faults: tuple[PluginFault, ...] = ()
    """Which plug-ins' rules were left out, and why."""
    context: UsedContext | None = None
    """None if no rule asked for the build context."""
    unexplained: tuple[Note, ...] = ()
    """Ignore comments without the reason that the settings require."""

    only_warned: bool = False
    """Whether all of its changes are by rules of which the settings only want to be warned."""
    findings: tuple[RecordedChange, ...] = ()
    """Changes that were left out because the baseline has them, or all changes where they were to be recorded."""
    gone: int = 0
    """How many findings of the baseline are in the file no more."""

    @property
    def changed(self) -> bool:
        """Whether the Dockerfile or its ignore file would change."""
        return self.after.text != self.before.text or self.ignore_file is not None

"""What the pipeline answers for one file; every report, the writer and the editor server read only this."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Edit, Region, Source

if TYPE_CHECKING:
    from dfix.rewriter.pipeline.plugins import PluginFault


class Applied(NamedTuple):
    """A change that is part of the result.

    `line` is the 1-based line in the file as it is, `line_after` in the file as it would be. `edits` are in
    offsets of the text on which the change was proposed, which later passes may have moved. `offset` is the character
    offset in the file as it is.
    """

    rule: str
    line: int
    line_after: int
    reason: str
    contract: Contract
    edits: tuple[Edit, ...]
    offset: int


class Refused(NamedTuple):
    """A place left alone, with lines as in `Applied`."""

    rule: str
    line: int
    line_after: int
    code: str
    reason: str
    hint: str


class Note(NamedTuple):
    """A legal file, or a part of it, that is left alone as a whole, and why (Windows, a template)."""

    line: int
    message: str


class IgnoreFileChange(NamedTuple):
    """The ignore file of the build context, before and after; `new` where there is none yet."""

    before: Source
    after: Source
    new: bool


class Result(NamedTuple):
    """One file, before and after. `problem` excludes changes: `after` is then `before`.

    `ignore_file` is there where changes rest on lines of that file. Outside of the `regions` both texts are the same;
    None where that is not known. `plugin_faults` say which plug-ins' rules were left out, and why.
    """

    before: Source
    after: Source
    changes: tuple[Applied, ...]
    refusals: tuple[Refused, ...]
    notes: tuple[Note, ...]
    problem: Problem | None
    ignore_file: IgnoreFileChange | None = None
    regions: tuple[Region, ...] | None = None
    plugin_faults: tuple[PluginFault, ...] = ()

    @property
    def changed(self) -> bool:
        """Whether the file would change, or the ignore file of its context."""
        return self.after.text != self.before.text or self.ignore_file is not None

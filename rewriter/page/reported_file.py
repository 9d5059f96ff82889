"""What the page shows of one Dockerfile."""

from __future__ import annotations

from dfix.rewriter.layers.layer import LayerRow
from dfix.rewriter.layers.past import Past
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.worth import Worth
from dfix.rewriter.text.named_tuple import NamedTuple


class ReportedFile(NamedTuple):
    """A file's result; its layers are empty where it has no build context, or where they were not asked for."""

    result: Result
    layers_before: tuple[LayerRow, ...] = ()
    layers_after: tuple[LayerRow, ...] = ()
    """Empty where nothing changes."""
    sent_before: int = 0
    sent_after: int = 0
    """The number of files that the build sends, which a changed ignore file makes smaller."""
    worth: tuple[Worth, ...] = ()
    past: Past | None = None
    past_missing: str = ""
    """Why the history could not be replayed."""

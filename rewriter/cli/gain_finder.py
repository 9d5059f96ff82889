"""What the changes of a file are worth, for the findings that people read.

Nothing of `dfix.rewriter.layers` is imported unless a file changes: an editor starts the command on each save.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.cli.request import Request
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.worth import Worth
from dfix.rewriter.text.problem import Problem

if TYPE_CHECKING:
    from dfix.rewriter.layers.past import Past

MOST_FILES = 100
"""Of so many changed files."""
MOST_SECONDS = 1.0
"""Of CPU time for one file; after that, only what the rules themselves say is shown."""


class GainFinder:
    """Compares files before and after, where the findings are printed with frames."""

    def __init__(self, request: Request) -> None:
        plain = request.mode == "findings" and request.output_format == "text" and not request.statistics
        self._left = MOST_FILES if plain else 0

    def of(self, result: Result, options: Options, past: Past | Problem | None) -> tuple[Worth, ...]:
        """What each change is worth; nothing where the file has no build context, or takes too long."""
        if not self._left or result.problem is not None or not result.changed:
            return ()
        self._left -= 1
        from dfix.rewriter.layers.improvements import improvements
        from dfix.rewriter.layers.rewritten import both
        from dfix.rewriter.report.change_groups import change_groups

        replayed = None if isinstance(past, Problem) else past
        try:
            with limited(MOST_SECONDS):
                found = both(result, options)
                if isinstance(found, Problem):
                    return ()
                return tuple(improvements(*found, list(change_groups(result)), replayed))
        except OverBudgetError:
            return ()

"""`--history` of a command that rewrites: what the changes of each file would have saved in the last builds.

Nothing of `dfix.rewriter.layers` is imported unless it is asked for: an editor starts the command on each save.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.cli.request import Request
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import Output
from dfix.rewriter.report.terminal import problem_line
from dfix.rewriter.text.problem import Problem

if TYPE_CHECKING:
    from dfix.rewriter.layers.past import Past

MOST_SECONDS = 30.0
"""Seconds of CPU time for the commits of one file."""


class PastPrinter:
    """Prints how often slow commands would have run, below the findings; to `err` where programs read `out`."""

    def __init__(self, request: Request, out: Output, err: Output) -> None:
        self._most = request.history if request.output_format != "html" else None  # there it is part of the page
        self._out, self._err = err if request.mode in ("diff", "check") else out, err

    def of(self, result: Result, options: Options) -> Past | Problem | None:
        """The past of one file; None if it was not asked for, or if the file does not change."""
        if self._most is None or result.problem is not None or not result.changed:
            return None
        return past_of(result, options, self._most)

    def add(self, result: Result, found: Past | Problem | None) -> None:
        """Print the past of one file. The exit status stays what it is."""
        if found is None:
            return
        if isinstance(found, Problem):
            problem_line(self._err, found)
            return
        from dfix.rewriter.layers.history_text import write_past

        write_past(self._out, found, shown_name(result.before.path))


def past_of(result: Result, options: Options, most: int) -> Past | Problem:
    """The last commits before and after dfix, or why nothing can be said."""
    from dfix.rewriter.layers.past import replay_past
    from dfix.rewriter.layers.rewritten import both
    from dfix.rewriter.revisions.git import GitError

    path = result.before.path
    try:
        with limited(MOST_SECONDS):
            found = both(result, options)
            return found if isinstance(found, Problem) else replay_past(*found, most)
    except GitError as error:
        return Problem(path, 0, str(error), error.hint)
    except OverBudgetError:
        said = f"dfix gave up replaying the history after {MOST_SECONDS:.0f} seconds of CPU time"
        return Problem(path, 0, said, "Ask for fewer commits, or report it if the file is ordinary")

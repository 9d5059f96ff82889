"""`--output-format html`: one page for all files, printed at the end.

Nothing of `dfix.rewriter.page` and `dfix.rewriter.layers` is imported unless it is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.cli.past_printer import past_of
from dfix.rewriter.cli.request import Request
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report.output import Output
from dfix.rewriter.text.problem import Problem

if TYPE_CHECKING:
    from dfix.rewriter.page.reported_file import ReportedFile

MOST_WITH_LAYERS = 100
"""Of so many changed files, the page shows the layers; `dfix layers` shows those of the others."""
_MOST_SECONDS = 10.0
"""Of CPU time for the layers of one file."""


class PagePrinter:
    """Keeps what the page shows of each file, and prints the page."""

    def __init__(self, request: Request, out: Output) -> None:
        self._asked = request.output_format == "html"
        self._most = request.history
        self._out = out
        self._files: list[ReportedFile] = []
        self._with_layers = 0

    def add(self, result: Result, options: Options | None) -> None:
        """Keep one file's result, with its layers and its history where it changes."""
        if not self._asked:
            return
        from dfix.rewriter.page.reported_file import ReportedFile

        file = ReportedFile(result)
        if options is not None and result.problem is None and result.changed:
            if self._most is not None:
                found = past_of(result, options, self._most)
                if isinstance(found, Problem):
                    file = file._replace(past_missing=found.message)
                else:
                    file = file._replace(past=found)
            if self._with_layers < MOST_WITH_LAYERS:
                self._with_layers += 1
                file = _with_layers(file, options)
        self._files.append(file)

    def finish(self, summary: str) -> None:
        """Print the page; `summary` is its first sentence."""
        if self._asked:
            from dfix.rewriter.page.page import page

            self._out.write(page(self._files, summary))


def _with_layers(file: ReportedFile, options: Options) -> ReportedFile:
    """The file with its layers before and after, and what its changes are worth.

    As it is where it has no build context, or takes too long.
    """
    from dfix.rewriter.layers.improvements import improvements
    from dfix.rewriter.layers.rewritten import both
    from dfix.rewriter.layers.view import view
    from dfix.rewriter.report.change_groups import change_groups

    try:
        with limited(_MOST_SECONDS):
            found = both(file.result, options)
            if isinstance(found, Problem):
                return file
            before, after = (view(one, None, 0, None) for one in found)
            worth = tuple(improvements(*found, list(change_groups(file.result)), file.past))
    except OverBudgetError:
        return file
    return file._replace(
        layers_before=before.layers,
        layers_after=after.layers,
        sent_before=before.files,
        sent_after=after.files,
        worth=worth,
    )

"""Carrying out `dfix layers`: look at every file and print its layers."""

from __future__ import annotations

from dfix.rewriter.cli.layers_request import LayersRequest, fault
from dfix.rewriter.cli.selected_files import selected, unknown_rule
from dfix.rewriter.layers.layers_json import document
from dfix.rewriter.layers.layers_text import write_view
from dfix.rewriter.layers.opened import opened
from dfix.rewriter.layers.view import View, view
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.job import Job, rewrite
from dfix.rewriter.report.output import outputs
from dfix.rewriter.report.terminal import problem_line
from dfix.rewriter.text.problem import Problem

SHOWN, FAILED = 0, 2
MOST_SECONDS = 30.0
"""Seconds of CPU time for one file; 200,000 files in the build context take five."""


def execute(request: LayersRequest) -> int:
    """Carry out the request and return the exit status."""
    out, err = outputs(request.files.color)
    files = selected(request.files, fault(request) or unknown_rule(request.files), err)
    if files is None:
        return FAILED
    views = []
    for item in files.items():
        views.append(_view(item, request))
        if request.files.output_format == "text":
            write_view(out, err, views[-1])
        elif views[-1].problem is not None:
            problem_line(err, views[-1].problem)
    if request.files.output_format == "json":
        out.write(document(views))
    return FAILED if any(shown.problem is not None for shown in views) else SHOWN


def _view(item: Job | Problem, request: LayersRequest) -> View:
    if isinstance(item, Problem):
        return View(item.path, item)
    path = item.path
    after = None
    try:
        with limited(MOST_SECONDS):
            found = opened(path, item.options)
        if isinstance(found, Problem):
            return View(path, found)
        if request.history:
            result = rewrite(found.source, item.options).result
            if result.problem is not None:
                return View(path, result.problem)
            after = result.after if result.after.text != result.before.text else None
        with limited(MOST_SECONDS):
            return view(found, after, request.history or 0, request.since)
    except OverBudgetError:
        said = f"dfix gave up after {MOST_SECONDS:.0f} seconds of CPU time"
        return View(path, Problem(path, 0, said, "Ask for fewer commits, or report it if the file is ordinary"))

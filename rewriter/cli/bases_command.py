"""Carrying out `dfix bases`: look at every file and print the images that they build on."""

from __future__ import annotations

from collections.abc import Iterable

from dfix.rewriter.bases.bases_json import bases_document
from dfix.rewriter.bases.bases_text import write_bases, write_old_data, write_summary
from dfix.rewriter.bases.image_row import base_rows
from dfix.rewriter.bases.image_use import BaseUse, base_uses
from dfix.rewriter.bases.old_data import old_data, today
from dfix.rewriter.cli.bases_request import BasesRequest, bases_fault
from dfix.rewriter.cli.selected_files import selected
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import build
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.job import Job
from dfix.rewriter.report.output import Output, outputs
from dfix.rewriter.report.terminal import problem_line
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import root_of
from dfix.rewriter.text.source import Source

SHOWN, FAILED = 0, 2
MOST_SECONDS = 8.0
"""Seconds of CPU time for one file; an ordinary one takes a millisecond."""


def execute(request: BasesRequest) -> int:
    """Carry out the request and return the exit status."""
    out, err = outputs(request.files.color)
    files = selected(request.files, bases_fault(request), err)
    if files is None:
        return FAILED
    uses: list[BaseUse] = []
    problems: list[Problem] = []
    count = 0
    for item in files.items():
        found = uses_in(item)
        if isinstance(found, Problem):
            problem_line(err, found)
            problems.append(found)
        else:
            count += 1
            uses += found
    _show(request, uses, problems, count, out, err)
    return FAILED if problems else SHOWN


def uses_in(item: Job | Problem) -> list[BaseUse] | Problem:
    """The images that a file takes, or why it cannot be read."""
    if isinstance(item, Problem):
        return item
    path = item.path
    root = item.options.root or root_of(path)
    data = read(path, (root,))
    if isinstance(data, Problem):
        return data
    try:
        with limited(MOST_SECONDS):
            tree = parse(Source.from_bytes(path, data))
            fault = check(tree)
            if fault is not None:
                return Problem(path, fault.line, fault.message, fault.hint)
            return list(base_uses(build(tree), root))
    except OverBudgetError:
        said = f"dfix gave up after {MOST_SECONDS:.0f} seconds of CPU time"
        return Problem(path, 0, said, "Exclude it, or report it if it is ordinary")


def _show(
    request: BasesRequest, uses: Iterable[BaseUse], problems: list[Problem], files: int, out: Output, err: Output
) -> None:
    day = today()
    rows = base_rows(uses, day)
    old = old_data(rows, day)
    if request.files.output_format == "json":
        out.write(bases_document(rows, problems, old, day))
        return
    write_bases(out, rows, day, every_place=request.files.verbose)
    if not request.files.quiet:
        write_summary(out, rows, files, day)
    write_old_data(err, old)

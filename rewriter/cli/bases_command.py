"""Carrying out `dfix bases`: look at every file and print the images that they build on."""

from __future__ import annotations

from collections.abc import Iterable

from dfix.rewriter.bases.bases_json import bases_document
from dfix.rewriter.bases.bases_text import write_bases, write_old_data, write_summary
from dfix.rewriter.bases.image_row import base_rows
from dfix.rewriter.bases.image_use import BaseUse
from dfix.rewriter.bases.old_data import old_data, today
from dfix.rewriter.cli.bases_change import change
from dfix.rewriter.cli.bases_reader import read_bases
from dfix.rewriter.cli.bases_request import BasesRequest, bases_fault
from dfix.rewriter.cli.selected_files import selected
from dfix.rewriter.report.output import Output, outputs
from dfix.rewriter.report.terminal import problem_line
from dfix.rewriter.text.problem import Problem

SHOWN, FAILED = 0, 2


def execute(request: BasesRequest) -> int:
    """Carry out the request and return the exit status."""
    out, err = outputs(request.files.color)
    files = selected(request.files, bases_fault(request), err)
    if files is None:
        return FAILED
    if request.pin or request.update:
        return change(request, files.items(), out, err)
    uses: list[BaseUse] = []
    problems: list[Problem] = []
    count = 0
    for item in files.items():
        found = read_bases(item)
        if isinstance(found, Problem):
            problem_line(err, found)
            problems.append(found)
        else:
            count += 1
            uses += found.uses
    _show(request, uses, problems, count, out, err)
    return FAILED if problems else SHOWN


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

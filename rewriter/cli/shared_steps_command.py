"""Carrying out `dfix common-base`: look at all files and print what they share, or the diff that makes a base."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.selected_files import SelectedFiles, selected
from dfix.rewriter.cli.shared_steps_request import fault
from dfix.rewriter.common_base.survey import MOST_SECONDS, gave_up, read_model, survey
from dfix.rewriter.common_base.survey_json import document
from dfix.rewriter.common_base.survey_text import write_survey
from dfix.rewriter.common_base.written_out import base_files
from dfix.rewriter.model import Model
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.job import Job
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.report.diff import in_git_format
from dfix.rewriter.report.output import Output, outputs
from dfix.rewriter.report.terminal import diff_lines, problem_line
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.root import root_of

SHOWN, DIFFERS, FAILED = 0, 1, 2


def execute(request: Request) -> int:
    """Carry out the request and return the exit status."""
    out, err = outputs(request.color)
    files = selected(request, fault(request), err)
    if files is None:
        return FAILED
    if request.mode == "diff":
        return _diff(files, out, err)
    found = survey(files.items())
    if request.output_format == "json":
        for problem in found.problems:
            problem_line(err, problem)
        out.write(document(found))
    else:
        write_survey(out, err, found)
    return FAILED if found.problems else SHOWN


def _diff(files: SelectedFiles, out: Output, err: Output) -> int:
    """Print what makes a base for each group, and what else is to be done."""
    options: dict[str, Options] = {}
    found = survey(_noted(files.items(), options))

    def read(path: str) -> Model | Problem:
        try:
            with limited(MOST_SECONDS):
                return read_model(path, options[path])
        except OverBudgetError:
            return gave_up(path)

    made = base_files(found.groups, read, lambda path: options[path].root or root_of(path))
    for file in made.files:
        diff_lines(out, in_git_format(file.before, file.after, new=file.new))
    for problem in (*found.problems, *made.left, *made.notes):
        problem_line(err, problem)
    if found.why:
        err.write(f"{found.why}\n")
    if found.problems or made.left:
        return FAILED
    return DIFFERS if made.files else SHOWN


def _noted(items: Iterable[Job | Problem], options: dict[str, Options]) -> Iterator[Job | Problem]:
    """The same items; keeps the options of each file."""
    for item in items:
        if isinstance(item, Job):
            options[item.path] = item.options
        yield item

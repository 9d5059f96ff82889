"""Carrying out `dfix common-base`: look at all files and print what they share."""

from __future__ import annotations

from dfix.rewriter.cli.request import Request
from dfix.rewriter.cli.selected_files import selected
from dfix.rewriter.cli.shared_steps_request import fault
from dfix.rewriter.common_base.survey import survey
from dfix.rewriter.common_base.survey_json import document
from dfix.rewriter.common_base.survey_text import write_survey
from dfix.rewriter.report.output import outputs
from dfix.rewriter.report.terminal import problem_line

SHOWN, FAILED = 0, 2


def execute(request: Request) -> int:
    """Carry out the request and return the exit status."""
    out, err = outputs(request.color)
    files = selected(request, fault(request), err)
    if files is None:
        return FAILED
    found = survey(files.items())
    if request.output_format == "json":
        for problem in found.problems:
            problem_line(err, problem)
        out.write(document(found))
    else:
        write_survey(out, err, found)
    return FAILED if found.problems else SHOWN

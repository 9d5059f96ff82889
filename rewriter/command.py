"""Carrying out a request: which files, with which settings, and showing what came of them."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator

from rewriter import pipeline
from rewriter.discover import discover
from rewriter.job import Job, Outcome, died, failed, rewrite, work
from rewriter.options import Options
from rewriter.read import MAX_BYTES, too_large
from rewriter.report import text
from rewriter.report.diff import shown_name, unified
from rewriter.report.output import Output, outputs
from rewriter.report.tally import Tally
from rewriter.request import Request, fault
from rewriter.result import Problem
from rewriter.settings import Finder, Settings, SettingsError, load, matches
from rewriter.source import Source

CLEAN, FOUND, FAILED = 0, 1, 2
WORKERS_PAY_FROM = 60
"""Files from which starting other processes costs less than it saves (a start takes some 30 ms)."""
BAR_FROM = 100
"""Files from which a terminal shows a progress bar."""


def execute(request: Request) -> int:
    """Do what the request asks for and answer with the exit status."""
    run = _Run(request)
    wrong = fault(request) or run.unknown_rule()
    if wrong:
        run.err.write(f"dfix: {wrong}\n")
        return FAILED
    try:
        run.prepare()
    except SettingsError as error:
        text.problem_line(run.err, error.problem)
        return FAILED
    return run.filter() if request.stdin_filename is not None else run.files()


class _Run:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.out, self.err = outputs(request.color)
        self.tally = Tally()
        self._finder = Finder()
        self._settings: Settings | None = Settings() if request.isolated else None
        self._told: set[Problem] = set()

    def unknown_rule(self) -> str:
        """What is wrong with the rules that the command line names, or "". """
        request = self.request
        return self._unknown(f"--{flag}", getattr(request, flag)) if (flag := "select") and request.select else ""

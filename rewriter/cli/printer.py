"""Printing results in the mode and format that the request asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dfix.rewriter.cli.request import Request
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.report import terminal
from dfix.rewriter.report.diff import git_diff, shown_name
from dfix.rewriter.report.output import Output, visible_name
from dfix.rewriter.report.shared_refusals import shared_refusals, without, write_shared
from dfix.rewriter.report.tally import Tally
from dfix.rewriter.report.worth import Worth
from dfix.rewriter.text.problem import Problem

if TYPE_CHECKING:
    from dfix.rewriter.report.long_document import LongDocument


class ResultPrinter:
    """Prints results as they come: findings to `out`, problems and the summary to `err`."""

    def __init__(self, request: Request, out: Output, err: Output) -> None:
        self._request, self._out, self._err = request, out, err
        self._document = _document(request)
        self._told: set[Problem] = set()
        self._framed: list[tuple[Result, Sequence[Worth]]] = []
        self.tally = Tally()

    def add(self, result: Result, *, trace: str = "", worth: Sequence[Worth] = ()) -> None:
        """Print one file's result."""
        self.tally.add(result)
        if result.problem is not None:
            self.problem(result.problem, trace)
        terminal.warning_lines(self._err, result)
        request = self._request
        if self._document is not None:
            self._out.write(self._document.add(result))
        elif request.output_format == "html":
            pass  # the page is printed at the end, by `page_printer`
        elif request.output_format == "github":
            from dfix.rewriter.report import github

            self._out.write(github.report(result, explain=request.explain))
        elif request.mode == "diff":
            terminal.diff_lines(self._out, git_diff(result))
            self._explain(result)
        elif request.mode == "check":
            if result.changed:
                self._out.write(f"{visible_name(shown_name(result.before.path))}\n")
            self._explain(result)
        elif not request.statistics:
            self._findings(result, worth)

    def _findings(self, result: Result, worth: Sequence[Worth]) -> None:
        request = self._request
        if request.mode == "write":
            if not request.quiet:
                terminal.concise(self._out, result, explain=request.explain, written=True)
        elif request.mode == "add-ignore":
            if not request.quiet:
                terminal.concise(self._out, result, explain=request.explain)
        elif request.output_format == "concise":
            terminal.concise(self._out, result, explain=request.explain)
        else:
            self._framed.append((result, worth))
            if not request.explain:
                self._write_framed()

    def _write_framed(self) -> None:
        """Print findings with frames; what was left alone for the same reason in several files is said once."""
        shared = shared_refusals([result for result, _ in self._framed]) if self._request.explain else []
        for result, worth in self._framed:
            terminal.framed(self._out, without(result, shared), explain=self._request.explain, worth=worth)
        write_shared(self._out, shared)
        self._framed.clear()

    def _explain(self, result: Result) -> None:
        """Print what was left alone to `err`, since other programs read standard output."""
        if self._request.explain:
            terminal.concise(self._err, result._replace(changes=()), explain=True)

    def problem(self, problem: Problem, trace: str) -> None:
        """Report why a file could not be handled; a problem shared by many files (in their settings) only once."""
        if problem in self._told:
            return
        self._told.add(problem)
        terminal.problem_line(self._err, problem)
        if trace and self._request.verbose:
            self._err.write(trace)

    def messages(self, result: Result) -> None:
        """Print to `err` what was changed in a text read from standard input."""
        terminal.concise(self._err, result, explain=self._request.explain, written=True)

    def finish(self) -> None:
        """Print what needs all results: the end of a document, statistics, the summary."""
        request = self._request
        self._write_framed()
        if self._document is not None:
            self._out.write(self._document.end())
        if request.statistics:
            self._out.write(self.tally.statistics())
        if not request.quiet:
            self._out.flush()
            self._err.write(self.summary() + "\n")

    def summary(self) -> str:
        """The summary of the files so far, in one sentence."""
        explained = self._request.explain or self._request.output_format == "html"
        return self.tally.summary(mode=self._request.mode, explained=explained)


def _document(request: Request) -> LongDocument | None:
    """What is written in a format that is one document for all files; None in others."""
    if request.output_format not in ("json", "sarif", "gitlab", "rdjson"):
        return None
    from dfix.rewriter.report import gitlab, json, rdjson, sarif

    if request.output_format == "json":
        return json.report(written=request.mode == "write")
    if request.output_format == "gitlab":
        return gitlab.report(explain=request.explain)
    if request.output_format == "rdjson":
        return rdjson.report(explain=request.explain)
    return sarif.report(with_plugins=not request.isolated)

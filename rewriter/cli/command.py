"""Carrying out a request: choose files and settings, run the pipeline, show the outcome."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dfix.rewriter.cli.gain_finder import GainFinder
from dfix.rewriter.cli.page_printer import PagePrinter
from dfix.rewriter.cli.past_printer import PastPrinter
from dfix.rewriter.cli.plugin_lines import PluginLines
from dfix.rewriter.cli.printer import ResultPrinter
from dfix.rewriter.cli.progress_bar import with_bar
from dfix.rewriter.cli.request import Request, fault
from dfix.rewriter.cli.selected_files import SelectedFiles, selected, unknown_rule
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.job import Job, Outcome, died, failed, rewrite, work
from dfix.rewriter.pipeline.opened_context import choose_context
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.report.diff import shown_name
from dfix.rewriter.report.output import Output, outputs, visible, visible_name
from dfix.rewriter.report.terminal import context_line, problem_line, warning_line
from dfix.rewriter.settings.settings_error import SettingsError
from dfix.rewriter.text.known import keeping
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import MAX_BYTES, read, too_large
from dfix.rewriter.text.source import Source

if TYPE_CHECKING:
    from dfix.rewriter.cli.baseline_keeper import BaselineKeeper

CLEAN, FOUND, FAILED = 0, 1, 2
WORKERS_PAY_FROM = 60
"""From this many files on, more processes save more time than they cost (about 30 ms to start)."""


def execute(request: Request) -> int:
    """Carry out the request and return the exit status."""
    out, err = outputs(request.color)
    files = selected(request, fault(request) or unknown_rule(request), err)
    if files is None:
        return FAILED
    if request.stdin_filename is not None:
        return _filter(request, files, out, err)
    lines = _plugin_lines(request, err)
    items = list(files.items())
    for folder in files.empty_folders:
        warning_line(err, folder, "no Dockerfiles in this folder, or all are excluded or ignored by git")
    if request.show_settings:
        status = _show_settings(files, items, out, err)
        return FAILED if lines.faulty else status
    if request.verbose:
        for item in items:
            if isinstance(item, Job):
                err.write(f"{visible_name(item.path)}: {visible_name(files.origin(item.path, item.options.root))}\n")
    printer = ResultPrinter(request, out, err)
    past = PastPrinter(request, out, err)
    gained = GainFinder(request)
    page = PagePrinter(request, out)
    keeper = _baseline_keeper(request, files, err)
    outcomes = with_bar(_outcomes(request, items), len(items), out, err, quiet=request.quiet)
    for item, outcome in zip(items, outcomes, strict=True):
        lines.add(outcome.result.plugin_faults)
        if request.verbose:
            context_line(err, outcome.result)
        replayed = past.of(outcome.result, item.options) if isinstance(item, Job) else None
        worth = gained.of(outcome.result, item.options, replayed) if isinstance(item, Job) else ()
        printer.add(outcome.result, trace=outcome.trace, worth=worth)
        page.add(outcome.result, item.options if isinstance(item, Job) else None)
        past.add(outcome.result, replayed)
        if keeper is not None and isinstance(item, Job):
            keeper.add(outcome.result, item.options)
    if keeper is not None and not keeper.finish():
        return FAILED
    page.finish(printer.summary())
    printer.finish()
    return FAILED if lines.faulty else _status(request, printer)


def _baseline_keeper(request: Request, files: SelectedFiles, err: Output) -> BaselineKeeper | None:
    """Who keeps the baselines; None in a run without any."""
    if request.mode != "write-baseline" and not files.baselines:
        return None
    from dfix.rewriter.cli.baseline_keeper import BaselineKeeper

    return BaselineKeeper(request, files, err)


def _plugin_lines(request: Request, err: Output) -> PluginLines:
    """The reporter of plug-in faults, after it has reported those that could not be loaded."""
    lines = PluginLines(err, traces=request.verbose)
    if not request.isolated:
        lines.loading()
    return lines


def _filter(request: Request, files: SelectedFiles, out: Output, err: Output) -> int:
    """Rewrite standard input to standard output; on an error, write nothing there.

    A faulty plug-in is reported but doesn't change the exit status: an editor would discard the result.
    """
    path = request.stdin_filename or ""
    data = sys.stdin.buffer.read(MAX_BYTES + 1)
    plain = request.mode == "findings" and request.output_format == "text"
    try:
        options = files.on_save(path) if plain else files.options(path)
    except SettingsError as error:
        problem_line(err, error.problem)
        return FAILED
    if len(data) > MAX_BYTES:
        problem_line(err, too_large(path))
        return FAILED
    if request.force_exclude and files.excludes(path):
        out.stream.write(data)
        return CLEAN
    outcome = rewrite(Source.from_bytes(path, data), options._replace(ignore_file=False))
    if request.verbose:
        context_line(err, outcome.result)
    lines = _plugin_lines(request, err)
    lines.add(outcome.result.plugin_faults)
    printer = ResultPrinter(request, out, err)
    if not plain:
        printer.add(outcome.result, trace=outcome.trace)
        page = PagePrinter(request, out)
        page.add(outcome.result, options)
        page.finish(printer.summary())
        printer.finish()
        return FAILED if lines.faulty else _status(request, printer)
    if outcome.result.problem is not None:
        printer.problem(outcome.result.problem, outcome.trace)
        return FAILED
    out.stream.write(outcome.result.after.to_bytes())
    if request.explain or request.verbose:
        printer.messages(outcome.result)
    return CLEAN


def _outcomes(request: Request, items: list[Job | Problem]) -> Iterator[Outcome]:
    jobs = [item for item in items if isinstance(item, Job)]
    count = request.jobs or _cores()
    answers: Iterator[Outcome] = map(work, jobs)
    if count > 1 and len(jobs) > WORKERS_PAY_FROM and hasattr(os, "fork"):
        from dfix.rewriter.cli.workers import Workers

        answers = iter(Workers(jobs, count, work, died))
    with keeping():
        for item in items:
            yield failed(item.path, item) if isinstance(item, Problem) else next(answers)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _status(request: Request, printer: ResultPrinter) -> int:
    if printer.tally.problems:
        return FAILED
    if request.exit_zero:
        return CLEAN
    if request.mode in ("add-ignore", "write-baseline"):
        return CLEAN
    if printer.tally.unexplained:
        return FOUND
    if not printer.tally.failing:
        return CLEAN
    if request.mode == "write":
        return FOUND if request.exit_non_zero_on_fix else CLEAN
    return FOUND


def _show_settings(files: SelectedFiles, items: list[Job | Problem], out: Output, err: Output) -> int:
    """Print, for each file, where its settings come from, which are in force, its root and its context, as TOML."""
    status = CLEAN
    for item in items:
        wrong = item if isinstance(item, Problem) else _show_job(files, item, out)
        if wrong is not None:
            problem_line(err, wrong)
            status = FAILED
    return status


def _show_job(files: SelectedFiles, job: Job, out: Output) -> Problem | None:
    """Print the settings of one file; the problem instead if it cannot be read."""
    import json

    data = read(job.path, (job.options.root,))
    if isinstance(data, Problem):
        return data
    options = job.options
    out.write(f"# {visible_name(job.path)}: {visible_name(files.origin(job.path, options.root))}\n", "bold")
    rules, saved = _names(options), _names(files.on_save(job.path, options.root))
    out.write(f"select = {json.dumps(rules)}\n")
    if saved != rules:
        out.write(f"save.select = {json.dumps(saved)}\n")
    if options.warn:
        out.write(f"warn = {json.dumps(sorted(options.warn))}\n")
    out.write(f"unsafe = {json.dumps(options.unsafe)}\n")
    baseline = files.baseline(job.path, options.root)
    named = baseline.path if baseline is not None else ""
    for name, value in (("target", options.target), ("context", options.context), ("baseline", named)):
        if value:
            out.write(f"{name} = {json.dumps(value)}\n")
    for file, keys in files.sources(job.path, options.root).items():
        out.write(f"# from {visible_name(shown_name(file))}: {visible(', '.join(keys)) or 'nothing'}\n")
    out.write(f"# root: {visible_name(options.root)}\n")
    folder, why = choose_context(parse(Source.from_bytes(job.path, data)), options)
    out.write(f"# build context: {visible_name(folder) or 'none'} ({visible_name(why)})\n")
    return None


def _names(options: Options) -> list[str]:
    """The names of the rules that run, sorted."""
    return sorted(transform.NAME for transform in pipeline.chosen(options))

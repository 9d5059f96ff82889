"""Carrying out a request: each file through the pipeline, then shown, written or passed on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from rewriter import pipeline
from rewriter.discover import discover
from rewriter.options import Options
from rewriter.read import read
from rewriter.report import text
from rewriter.report.diff import unified
from rewriter.report.output import Output, outputs
from rewriter.request import Request
from rewriter.result import Problem, Result
from rewriter.settings import Settings, SettingsError, load, settings_for
from rewriter.source import Source
from rewriter.write import write

CLEAN, FOUND, FAILED = 0, 1, 2
POOL_PAYS_FROM = 60
"""Files from which starting other processes costs less than it saves (measured: a start takes about 30 ms)."""

BAR_FROM = 100


class _Outcome(NamedTuple):
    result: Result
    written: bool


def execute(request: Request) -> int:
    """Do what the request asks for and answer with the exit status."""
    out, err = outputs(request.color)
    try:
        if request.stdin_filename is not None:
            return _filter(request, out, err)
        unknown = _unknown_rules(request)
        if unknown:
            err.write(unknown)
            return FAILED
        files = list(discover(request.paths, _excludes(request), force_exclude=request.force_exclude))
        if request.show_settings:
            return _show_settings(request, files, out)
        if not files:
            err.write(f"no Dockerfiles found under {', '.join(request.paths)}\n")
            return CLEAN
        return _all(request, files, out, err)
    except SettingsError as error:
        err.write(f"{error}\n")
        return FAILED


def _settings(request: Request, path: str) -> Settings:
    if request.isolated:
        return Settings()
    if request.config is not None:
        return load(request.config) or Settings(origin=request.config)
    return settings_for(path)


def options_for(request: Request, path: str) -> Options:
    """The pipeline's options for one file: the command line wins over the settings file. Raises SettingsError."""
    found = _settings(request, path)
    select = request.select or found.select
    return Options(
        select=frozenset(select) if select else None,
        ignore=frozenset((*request.ignore, *found.ignore)),
        unsafe=request.unsafe or found.unsafe,
        target=found.target,
        context=request.context if request.context is not None else found.context,
    )


def _excludes(request: Request) -> tuple[str, ...]:
    return (*request.exclude, *(_settings(request, request.paths[0]).exclude if request.paths else ()))


def _unknown_rules(request: Request) -> str:
    named = {*request.select, *request.ignore}
    if not named:
        return ""
    known = {info.name for info in pipeline.rules()}
    unknown = sorted(named - known)
    return f"unknown rule `{unknown[0]}`; `dfix rules` lists them\n" if unknown else ""


def _filter(request: Request, out: Output, err: Output) -> int:
    path = request.stdin_filename or ""
    source = Source.from_bytes(path, sys.stdin.buffer.read())
    result = pipeline.run(source, options_for(request, path))
    if result.problem is not None:
        err.write(text.problem_line(result.problem))
        return FAILED
    if request.mode == "diff":
        out.write(unified(result.before, result.after))
        return FOUND if result.changed and not request.exit_zero else CLEAN
    if request.explain or request.verbose:
        text.concise(err, result, explain=request.explain)
    out.stream.write(result.after.to_bytes())
    return CLEAN


def work(request: Request, path: str) -> _Outcome:
    """One file of many. Nothing that happens to it stops the others."""
    data = read(path)
    if isinstance(data, Problem):
        empty = Source(path, "")
        return _Outcome(Result(empty, empty, (), (), (), data), False)
    source = Source.from_bytes(path, data)
    try:
        options = options_for(request, path)
        result = pipeline.run(source, options)
    except SettingsError as error:
        return _Outcome(Result(source, source, (), (), (), Problem(path, 0, str(error))), False)
    except Exception as error:
        if request.verbose:
            raise
        what = f"dfix failed on this file ({type(error).__name__}: {error})"
        problem = Problem(path, 0, what, "please report it; -v shows where")
        return _Outcome(Result(source, source, (), (), (), problem), False)
    if request.mode == "write" and result.changed:
        failed = write(path, data, result.after.to_bytes())
        if failed is not None:
            return _Outcome(result._replace(after=source, changes=(), problem=failed), False)
        return _Outcome(result, True)
    return _Outcome(result, False)


def _outcomes(request: Request, files: list[str]) -> Iterator[_Outcome]:
    workers = request.jobs or len(os.sched_getaffinity(0))
    if workers < 2 or len(files) < POOL_PAYS_FROM:
        for path in files:
            yield work(request, path)
        return
    import multiprocessing

    # the workers inherit the loaded modules; each file's result is small
    with multiprocessing.get_context("fork").Pool(workers, _quiet_interrupt) as pool:
        yield from pool.imap(_Worker(request), files, chunksize=max(1, min(16, len(files) // (workers * 4))))


def _quiet_interrupt() -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _Worker:
    def __init__(self, request: Request) -> None:
        self.request = request

    def __call__(self, path: str) -> _Outcome:
        return work(self.request, path)


def _with_bar(outcomes: Iterable[_Outcome], total: int, request: Request) -> Iterator[_Outcome]:
    if total < BAR_FROM or request.quiet or not sys.stderr.isatty():
        yield from outcomes
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(outcomes, "Dockerfiles", total, console=Console(stderr=True), transient=True)


def _all(request: Request, files: list[str], out: Output, err: Output) -> int:
    tally = text.Tally()
    kept: list[Result] = []
    whole = request.output_format in ("json", "sarif")
    for outcome in _with_bar(_outcomes(request, files), len(files), request):
        tally.add(outcome.result)
        if outcome.result.problem is not None and not whole:
            err.write(text.problem_line(outcome.result.problem))
        if whole:
            kept.append(outcome.result)
        else:
            _show(request, outcome, out)
    if whole:
        from rewriter.report import json, sarif

        out.write(json.report(kept) if request.output_format == "json" else sarif.report(kept))
    if request.statistics:
        for line in tally.statistics():
            out.write(line)
    if not request.quiet:
        err.write(tally.summary(written=request.mode == "write", explained=request.explain))
    return _status(request, tally)


def _status(request: Request, tally: text.Tally) -> int:
    if tally.problems:
        return FAILED
    if not tally.changed or request.exit_zero:
        return CLEAN
    if request.mode == "write":
        return FOUND if request.exit_non_zero_on_fix else CLEAN
    return FOUND


def _show(request: Request, outcome: _Outcome, out: Output) -> None:
    result = outcome.result
    if request.output_format == "github":
        from rewriter.report import github

        for line in github.warnings(result):
            out.write(line)
    elif request.mode == "diff":
        _show_diff(result, out)
        if request.explain:
            text.framed(out, result._replace(changes=()), explain=True)
    elif request.mode == "check":
        if result.changed:
            out.write(f"{result.before.path}\n")
    elif request.output_format == "concise":
        text.concise(out, result, explain=request.explain)
    elif request.mode == "findings" or not request.quiet:
        text.framed(out, result, explain=request.explain, written=outcome.written)


def _show_diff(result: Result, out: Output) -> None:
    for line in unified(result.before, result.after).split("\n")[:-1]:
        out.write(line + "\n", _style(line) if out.colour else "")


def _style(line: str) -> str:
    if line.startswith(("---", "+++")):
        return "bold"
    return {"@": "cyan", "+": "green", "-": "red"}.get(line[:1], "")


def _show_settings(request: Request, files: list[str], out: Output) -> int:
    for path in files:
        found = _settings(request, path)
        out.write(f"{path}\n  from: {found.origin or 'defaults'}\n")
        for name, value in options_for(request, path)._asdict().items():
            shown = ", ".join(sorted(value)) if isinstance(value, frozenset) else value
            out.write(f"  {name}: {shown if shown not in (None, '') else '-'}\n")
    return CLEAN

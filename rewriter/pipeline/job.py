"""Handling one file of a command line: read, rewrite and, if asked to, write it. Errors become part of the outcome."""

from __future__ import annotations

import os
from contextlib import suppress

from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.budget import MOST_SECONDS, OverBudgetError, limited
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import Hooks, StoppedError
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import root_of
from dfix.rewriter.text.source import Source

REPORT = "Please report it together with the file"


class Job(NamedTuple):
    """A file and what to do with it."""

    path: str
    options: Options
    write: bool
    ignore_reason: str | None = None
    """Set: add ignore comments with this reason ("": without one) instead of making changes."""


class Outcome(NamedTuple):
    """A result, and the traceback of an internal error."""

    result: Result
    written: bool = False
    trace: str = ""


def failed(path: str, problem: Problem) -> Outcome:
    """The outcome for a file that could not be read."""
    empty = Source(path, "")
    return Outcome(Result(empty, empty, (), (), (), problem))


def work(job: Job) -> Outcome:
    """Do the job. Errors are reported in the outcome, not raised."""
    root = job.options.root or root_of(job.path)
    data = read(job.path, (root,))
    if isinstance(data, Problem):
        return failed(job.path, data)
    outcome = rewrite(Source.from_bytes(job.path, data), job.options, silenced=job.ignore_reason)
    result = outcome.result
    if not job.write or not result.changed:
        return outcome
    problem = write_result(result, data, root)
    if problem is not None:
        return Outcome(Result(result.before, result.before, (), (), (), problem))
    return Outcome(result, written=True)


def rewrite(source: Source, options: Options, hooks: Hooks | None = None, *, silenced: str | None = None) -> Outcome:
    """Run the pipeline; any error becomes the result's `Problem`, except StoppedError, which is raised.

    `silenced` is the reason of the ignore comments to add instead of making changes; None: make changes.
    """
    try:
        with limited(MOST_SECONDS):
            if silenced is not None:
                from dfix.rewriter.pipeline.silencing import silence

                return Outcome(silence(source, options, silenced))
            return Outcome(pipeline.run(source, options, hooks))
    except OverBudgetError:
        message = f"dfix gave up after {MOST_SECONDS:.0f} seconds of CPU time"
        return failed(source.path, Problem(source.path, 0, message, "Exclude it, or report it if it is ordinary"))
    except StoppedError:
        raise
    except Exception as error:
        import traceback

        said = f"{type(error).__name__}: {error}".replace("\n", " ")
        problem = Problem(source.path, 0, f"internal error ({said})", f"Run with -v for a traceback. {REPORT}")
        return failed(source.path, problem)._replace(trace=traceback.format_exc())


def died(job: Job) -> Outcome:
    """The outcome for a file on which the worker process died."""
    return failed(job.path, Problem(job.path, 0, "dfix crashed on this file", REPORT))


def write_result(result: Result, data: bytes, root: str) -> Problem | None:
    """Write the result of a Dockerfile whose content is `data`, after the ignore file that its changes depend on.

    Links are followed as long as they stay inside of the root or, for the ignore file, of the context. If the
    Dockerfile cannot be written, the ignore file is restored.
    """
    from dfix.rewriter.text.write import create, write

    path, ignore = result.before.path, result.ignore_file
    if ignore is None:
        return write(path, data, result.after.to_bytes(), (root,))
    own = (root, result.context.folder) if result.context is not None else (root,)
    target, before, after = ignore.before.path, ignore.before.to_bytes(), ignore.after.to_bytes()
    problem = create(target, after) if ignore.new else write(target, before, after, own)
    if problem is not None:
        return problem
    problem = write(path, data, result.after.to_bytes(), (root,)) if result.after.text != result.before.text else None
    if problem is not None:
        if ignore.new:
            with suppress(OSError):
                os.unlink(target)
        else:
            write(target, after, before, own)
    return problem

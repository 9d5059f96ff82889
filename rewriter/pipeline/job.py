"""One file of a command line: read, rewritten, and written where that is asked for. Nothing here raises."""

from __future__ import annotations

from typing import NamedTuple

from rewriter import pipeline
from rewriter.options import Options
from rewriter.pipeline import Hooks, StoppedError
from rewriter.read import read
from rewriter.result import Problem, Result
from rewriter.source import Source
from rewriter.write import write_result

REPORT = "please report it, with the file, at the project's issue tracker"


class Job(NamedTuple):
    """A file and what to do with it."""

    path: str
    options: Options
    write: bool


class Outcome(NamedTuple):
    """`trace` is the traceback of an error in dfix itself."""

    result: Result
    written: bool = False
    trace: str = ""


def failed(path: str, problem: Problem) -> Outcome:
    """The outcome for a file that could not even be read."""
    empty = Source(path, "")
    return Outcome(Result(empty, empty, (), (), (), problem))


def work(job: Job) -> Outcome:
    """Do the job; whatever happens to the file is in the outcome."""
    data = read(job.path)
    if isinstance(data, Problem):
        return failed(job.path, data)
    outcome = rewrite(Source.from_bytes(job.path, data), job.options)
    result = outcome.result
    if not job.write or not result.changed:
        return outcome
    problem = write_result(result, data)
    if problem is not None:
        return Outcome(Result(result.before, result.before, (), (), (), problem))
    return Outcome(result, written=True)


def rewrite(source: Source, options: Options, hooks: Hooks | None = None) -> Outcome:
    """Run the pipeline; an error in it is a `Problem` of this file. Only a StoppedError is raised."""
    try:
        return Outcome(pipeline.run(source, options, hooks))
    except StoppedError:
        raise
    except Exception as error:
        import traceback

        said = f"{type(error).__name__}: {error}".replace("\n", " ")
        problem = Problem(source.path, 0, f"dfix failed on this file ({said}); -v shows where", REPORT)
        return failed(source.path, problem)._replace(trace=traceback.format_exc())


def died(job: Job) -> Outcome:
    """The outcome for a file on which the process was lost."""
    return failed(job.path, Problem(job.path, 0, "dfix crashed on this file", REPORT))

"""What `dfix common-base` finds in a tree: every Dockerfile is read once, and little of each is kept."""

from __future__ import annotations

from collections.abc import Iterable

from dfix.rewriter.common_base.beginning import Beginning, beginnings
from dfix.rewriter.common_base.shared_beginnings import Near, SharedBeginning, groups, near
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import Model, build
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.job import Job
from dfix.rewriter.pipeline.opened_context import open_context
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import root_of
from dfix.rewriter.text.source import Source

MOST_SECONDS = 8.0
"""Seconds of CPU time for one file."""


class LeftOut(NamedTuple):
    """A Dockerfile that dfix does not read, such as a template, and why."""

    path: str
    why: str


class Survey(NamedTuple):
    """What several Dockerfiles share."""

    files: int
    """How many Dockerfiles were read."""
    groups: tuple[SharedBeginning, ...] = ()
    near: tuple[Near, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    problems: tuple[Problem, ...] = ()
    why: str = ""
    """Why nothing can be shared, as a sentence; "" if something can."""


def survey(items: Iterable[Job | Problem]) -> Survey:
    """Look at all Dockerfiles. One that can't be read is a problem, and the rest goes on."""
    files = 0
    found: list[Beginning] = []
    left_out: list[LeftOut] = []
    problems: list[Problem] = []
    for item in items:
        read = item if isinstance(item, Problem) else _read(item.path, item.options)
        if isinstance(read, Problem):
            problems.append(read)
            continue
        files += 1
        if isinstance(read, LeftOut):
            left_out.append(read)
        else:
            found += read
    chosen = groups(found)
    almost = near(found, chosen)
    why = "" if chosen else _why(files, found, almost)
    return Survey(files, tuple(chosen), tuple(almost), tuple(left_out), tuple(problems), why)


def _read(path: str, options: Options) -> list[Beginning] | LeftOut | Problem:
    try:
        with limited(MOST_SECONDS):
            model = read_model(path, options)
            if isinstance(model, Problem):
                return model
            return LeftOut(path, model.opaque) if model.opaque else list(beginnings(model))
    except OverBudgetError:
        return gave_up(path)


def gave_up(path: str) -> Problem:
    """What is said of a file that takes more than `MOST_SECONDS`."""
    said = f"dfix gave up after {MOST_SECONDS:.0f} seconds of CPU time"
    return Problem(path, 0, said, "Exclude it, or report it if the file is ordinary")


def read_model(path: str, options: Options) -> Model | Problem:
    """A Dockerfile with its build context, or why it can't be read."""
    data = read(path, (options.root or root_of(path),))
    if isinstance(data, Problem):
        return data
    tree = parse(Source.from_bytes(path, data))
    fault = check(tree)
    if fault is not None:
        return Problem(path, fault.line, fault.message, fault.hint)
    return build(tree, options.target, lambda: open_context(tree, options).context)


def _why(files: int, found: list[Beginning], almost: list[Near]) -> str:
    """Why nothing can be shared, as a sentence."""
    if files < 2:
        return "A base of their own needs at least two Dockerfiles"
    if almost:
        return "Some slow RUNs are the same on the same image, but in no two Dockerfiles can they come first"
    images = [one.base for one in found]
    if len(set(images)) == len(images):
        return "No two stages with a RUN are built on the same image"
    return "No two Dockerfiles have the same slow RUN on the same image"

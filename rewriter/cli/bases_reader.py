"""Reading one Dockerfile for `dfix bases`."""

from __future__ import annotations

from dfix.rewriter.bases.image_use import BaseUse, base_uses
from dfix.rewriter.dockerfile import Tree, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import build
from dfix.rewriter.pipeline.budget import OverBudgetError, limited
from dfix.rewriter.pipeline.job import Job
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import root_of
from dfix.rewriter.text.source import Source

MOST_SECONDS = 8.0
"""Seconds of CPU time for one file; an ordinary one takes a millisecond."""


class ReadFile(NamedTuple):
    """A Dockerfile that was read, and the images that it takes."""

    path: str
    root: str
    data: bytes
    tree: Tree
    uses: tuple[BaseUse, ...]


def read_bases(item: Job | Problem) -> ReadFile | Problem:
    """The images that a file takes, or why it cannot be read."""
    if isinstance(item, Problem):
        return item
    path = item.path
    root = item.options.root or root_of(path)
    data = read(path, (root,))
    if isinstance(data, Problem):
        return data
    try:
        with limited(MOST_SECONDS):
            tree = parse(Source.from_bytes(path, data))
            fault = check(tree)
            if fault is not None:
                return Problem(path, fault.line, fault.message, fault.hint)
            return ReadFile(path, root, data, tree, tuple(base_uses(build(tree), root)))
    except OverBudgetError:
        return gave_up(path)


def gave_up(path: str) -> Problem:
    """What is said of a file that takes more than MOST_SECONDS."""
    said = f"dfix gave up after {MOST_SECONDS:.0f} seconds of CPU time"
    return Problem(path, 0, said, "Exclude it, or report it if it is ordinary")

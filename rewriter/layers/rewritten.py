"""A Dockerfile as it is and as dfix rewrites it, each with the build context that it then has."""

from __future__ import annotations

from dfix.rewriter.layers.opened import Opened, opened_text
from dfix.rewriter.layers.past import read_again
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.problem import Problem


def both(result: Result, options: Options) -> tuple[Opened, Opened] | Problem:
    """The Dockerfile before and after, or why it has no build context."""
    found = opened_text(result.before, options)
    if isinstance(found, Problem):
        return found
    context, ignore = found.context, result.ignore_file
    if ignore is not None:  # with --write, the folder has the new one already
        found = read_again(found, result.before, context.with_ignore_text(ignore.before.text))
        context = context.with_ignore_text(ignore.after.text)
    return found, read_again(found, result.after, context)

"""One stage of both texts, and how a guard says what is wrong."""

from __future__ import annotations

from dfix.rewriter.context.folder import Context
from dfix.rewriter.model.file_map import FileMap
from dfix.rewriter.pipeline.guards.trace import Put, Trace
from dfix.rewriter.text.named_tuple import NamedTuple


class WrongError(Exception):
    """What is wrong, as a phrase."""


class Pair(NamedTuple):
    """What a stage does in the author's text and in the result."""

    before: Trace
    after: Trace


def line_of(put: Put) -> str:
    """The COPY or ADD of a source, as a phrase with its line."""
    return f"the {put.step.keyword} on line {put.step.instruction.line}"


def file_map(of: Trace, at: int, context: Context) -> FileMap:
    """The files of the image after the first `at` steps that write some."""
    return FileMap(context, dict.fromkeys(of.layers[:at]))

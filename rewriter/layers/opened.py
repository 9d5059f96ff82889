"""A Dockerfile that was read, with its build context."""

from __future__ import annotations

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import Model, build
from dfix.rewriter.model.reruns import Reruns
from dfix.rewriter.pipeline.opened_context import open_context, unusable
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.root import root_of
from dfix.rewriter.text.source import Source


class Opened(NamedTuple):
    """A Dockerfile that was read, with its build context."""

    source: Source
    model: Model
    context: Context
    reruns: Reruns


def opened(path: str, options: Options) -> Opened | Problem:
    """Read a Dockerfile and open its build context, or say why that can't be done."""
    data = read(path, (options.root or root_of(path),))
    if isinstance(data, Problem):
        return data
    return opened_text(Source.from_bytes(path, data), options)


def opened_text(source: Source, options: Options) -> Opened | Problem:
    """Open the build context of a Dockerfile's text, or say why that can't be done."""
    path = source.path
    tree = parse(source)
    fault = check(tree)
    if fault is not None:
        return Problem(path, fault.line, fault.message, fault.hint)
    found = open_context(tree, options)
    if found.context is None:
        return Problem(path, 0, f"it has no build context: {found.why}", "Name the folder with --context")
    wrong = unusable(found.context, path)
    if wrong is None and found.context.fault:
        wrong = Problem(path, 0, f"its ignore file cannot be used ({found.context.fault})", "Correct it")
    if wrong is not None:
        return wrong
    model = build(tree, options.target, lambda: found.context)
    if model.opaque:
        return Problem(path, 0, f"dfix does not read this file: {model.opaque}", "Run it on another file")
    return Opened(source, model, found.context, Reruns(model, found.context))

"""What a `dfix verify` command line has to prove, file by file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Protocol

from dfix.rewriter.cli.selected_files import SelectedFiles
from dfix.rewriter.cli.verify_request import VerifyRequest
from dfix.rewriter.cli.workshop import Workshop
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline.job import Job, failed, work
from dfix.rewriter.pipeline.opened_context import open_context
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.read import read
from dfix.rewriter.text.source import Source
from dfix.rewriter.verify.epoch import epoch_of
from dfix.rewriter.verify.proof import Proof
from dfix.rewriter.verify.prove import prove
from dfix.rewriter.verify.reproduce import reproduce


class Task(Protocol):
    """One Dockerfile to prove."""

    @property
    def result(self) -> Result:
        """The change that is to be proven."""

    @property
    def options(self) -> Options:
        """The options of the file."""

    @property
    def builds(self) -> bool:
        """Whether that takes an engine."""

    def unbuilt(self) -> Proof:
        """The proof of one that doesn't."""

    def proof(self, shop: Workshop, name: str, tell: Callable[[str], None]) -> Proof:
        """The proof of one that does; `name` is its own. Raises EngineError."""


class RewriteTask:
    """A rewrite by dfix or, with `--against`, by somebody else."""

    def __init__(self, result: Result, options: Options) -> None:
        self.result, self.options = result, options

    @property
    def builds(self) -> bool:
        """Whether there is a change to prove."""
        return self.result.problem is None and self.result.changed

    def unbuilt(self) -> Proof:
        """Nothing was changed, or the file can't be read."""
        return not_built(self.result)

    def proof(self, shop: Workshop, name: str, tell: Callable[[str], None]) -> Proof:
        """Build both versions, and compare."""
        result = self.result
        context, why = open_context(parse(result.before), self.options)
        if context is None:
            return _without_context(result, why)
        trial, runs = shop.trial(name, tell), shop.runs()
        return shop.finished(result, (trial,), lambda: prove(trial, result, self.options, context, runs, shop.show()))


class TwiceTask:
    """A Dockerfile that is built twice as it is."""

    def __init__(self, result: Result, options: Options) -> None:
        self.result, self.options = result, options

    @property
    def builds(self) -> bool:
        """Whether the file can be read."""
        return self.result.problem is None

    def unbuilt(self) -> Proof:
        """The file can't be read."""
        return not_built(self.result)

    def proof(self, shop: Workshop, name: str, tell: Callable[[str], None]) -> Proof:
        """Build it twice, and compare."""
        result, tree = self.result, parse(self.result.before)
        context, why = open_context(tree, self.options)
        if context is None:
            return _without_context(result, why)
        epoch = epoch_of(shop.args, os.environ, tree)
        trial = shop.trial_at(epoch, name, tell)
        return shop.finished(result, (trial,), lambda: reproduce(trial, result, context, epoch))


def _without_context(result: Result, why: str) -> Proof:
    return Proof("failed", result, result, message=f"no build context: {why}. Name it with --context")


def as_they_are(request: VerifyRequest) -> Iterator[TwiceTask]:
    """Each file, to be built twice."""
    for item in SelectedFiles(request.files).items():
        if isinstance(item, Problem):
            yield TwiceTask(failed(item.path, item).result, Options())
        else:
            yield TwiceTask(_read(item), item.options)


def _read(job: Job) -> Result:
    data = read(job.path, (job.options.root,))
    if isinstance(data, Problem):
        return failed(job.path, data).result
    source = Source.from_bytes(job.path, data)
    return Result(source, source, (), (), (), None)


def not_built(result: Result) -> Proof:
    """The proof of a result that changes nothing, or could not be made."""
    problem = result.problem
    message = f"{problem.message}. {problem.hint}".rstrip(". ") if problem else ""
    return Proof("failed" if problem else "unchanged", result, result, message=message)


def rewrites(request: VerifyRequest) -> Iterator[RewriteTask]:
    """Each file's result of dfix or, with `--against`, somebody else's rewrite as a result."""
    files = SelectedFiles(request.files)
    for item in files.items():
        if isinstance(item, Problem):
            yield RewriteTask(failed(item.path, item).result, Options())
        elif request.against is not None:
            yield RewriteTask(_against(item, request.against), item.options)
        else:
            yield RewriteTask(work(item._replace(write=False)).result, item.options)


def _against(job: Job, new: str) -> Result:
    texts = []
    for path, within in ((job.path, (job.options.root,)), (new, None)):
        data = read(path, within)
        if isinstance(data, Problem):
            return failed(path, data).result
        texts.append(Source.from_bytes(job.path, data))
    before, after = texts
    return Result(before, after, (), (), (), None)

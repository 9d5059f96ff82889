"""What dfix finds in one version of a document; each part is computed on first use and kept."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from dfix.rewriter.dockerfile import Instruction, Tree, parse
from dfix.rewriter.model import Model
from dfix.rewriter.model import build as build_model
from dfix.rewriter.pipeline import run as pipeline
from dfix.rewriter.pipeline.job import rewrite
from dfix.rewriter.pipeline.opened_context import open_context
from dfix.rewriter.pipeline.options import Options, Place
from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.report.tally import UNSAFE
from dfix.rewriter.server.documents import Document
from dfix.rewriter.server.positions import Positions
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

BOM = "\ufeff"
MOST_CHARACTERS = 500_000
"""Larger documents are skipped while typing; the largest of 10,699 real Dockerfiles has 54,944 characters."""


def late(path: str) -> Problem:
    """The problem of a document that takes too long."""
    message = "takes too long to analyse, so it is skipped in the editor"
    return Problem(path, 0, message, "`dfix --write` has no time limit")


class LateError(pipeline.StoppedError):
    """An answer took too long for an editor."""


class Terms(NamedTuple):
    """The options for findings, and those for a save."""

    options: Options
    saved: Options


class Analysis:
    """One version of a document, analysed with the settings of its folder.

    `found` is what the command line would report, `safe` what formatting applies, and `unsafe` the further changes that
    would need `--unsafe`. Offsets are those of `source`; `start` is where the source begins in the document. `skipped`
    says why a document is too large or takes too long. Whatever is computed after `found` may raise LateError.
    """

    def __init__(self, document: Document, terms: Terms, hooks: pipeline.Hooks, encoding: str) -> None:
        self.document = document
        self.terms = terms
        usable = document.path is not None
        self.options, self.saved = (one._replace(use_context=one.use_context and usable) for one in terms)
        self.hooks = hooks
        self.encoding = encoding
        self.trace = ""
        self.skipped: Problem | None = None
        self.start = len(BOM) if document.text.startswith(BOM) else 0
        self.source = Source(document.path or document.uri, document.text[self.start :], bom=bool(self.start))
        self._fixes: dict[Place, Result | None] = {}

    @cached_property
    def positions(self) -> Positions:
        """Lines and columns of the document."""
        return Positions(self.document.text, self.encoding)

    @cached_property
    def tree(self) -> Tree:
        """The document's instructions."""
        return parse(self.source)

    @cached_property
    def found(self) -> Result:
        """The result with all changes that the options allow, including ignore-file lines."""
        if len(self.source.text) > MOST_CHARACTERS:
            size = f"{MOST_CHARACTERS // 1000} kB"
            message = f"larger than {size}, so it is skipped in the editor"
            return self._skip(Problem(self.source.path, 0, message, "It is too large for a Dockerfile"))
        try:
            return self._run(self.options)
        except LateError:
            return self._skip(late(self.source.path))

    @cached_property
    def safe(self) -> Result:
        """The result with the changes that a save applies."""
        found, options = self.found, self.saved
        same = self.options._replace(ignore_file=False) == options
        if found.problem is not None or (same and found.ignore_file is None):
            return found
        return self._run(options)

    @cached_property
    def unsafe(self) -> tuple[Applied, ...]:
        """Changes that are applied only on request, because they change the image."""
        if self.options.unsafe or all(refusal.code != UNSAFE for refusal in self.found.refusals):
            return ()
        known = {(change.rule, change.offset) for change in self.found.changes}
        every = self._run(self.options._replace(unsafe=True)).changes
        return tuple(c for c in every if c.contract == "changed-image" and (c.rule, c.offset) not in known)

    @cached_property
    def model(self) -> Model | None:
        """The model of the document, None if it cannot build."""
        if self.found.problem is not None:
            return None
        opened = self.hooks.opened or open_context
        options = self.options
        usable = options.use_context
        return build_model(self.tree, options.target, lambda: opened(self.tree, options).context if usable else None)

    def fix(self, change: Applied) -> Result | None:
        """The result with only this change, plus others at its place if it needs them, or None."""
        place = change.rule, change.offset
        if place not in self._fixes:
            self._fixes[place] = self._alone([place], change) or self._alone(self._beside(change), change)
        return self._fixes[place]

    def only(self, changes: Sequence[Applied]) -> Result:
        """The result of a save with only these changes."""
        return self._run(self.saved._replace(only=frozenset((c.rule, c.offset) for c in changes)))

    def instruction_at(self, line: int) -> Instruction | None:
        """The instruction on a 1-based line."""
        return next((found for found in self.tree.instructions if found.line <= line <= found.end_line), None)

    def _beside(self, change: Applied) -> list[Place]:
        return [(c.rule, c.offset) for c in (*self.found.changes, *self.unsafe) if c.line == change.line]

    def _alone(self, places: list[Place], change: Applied) -> Result | None:
        unsafe = self.options.unsafe or change.contract == "changed-image"
        result = self._run(self.options._replace(unsafe=unsafe, only=frozenset(places)))
        made = any((c.rule, c.offset) == (change.rule, change.offset) for c in result.changes)
        return result if made and result.changed else None

    def _run(self, options: Options) -> Result:
        outcome = rewrite(self.source, options, self.hooks)
        self.trace = self.trace or outcome.trace
        if outcome.result.problem is not None:
            return self._left(outcome.result.problem)
        return outcome.result

    def _skip(self, problem: Problem) -> Result:
        self.skipped = problem
        return self._left(problem)

    def _left(self, problem: Problem) -> Result:
        return Result(self.source, self.source, (), (), (), problem)

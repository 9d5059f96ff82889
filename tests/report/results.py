"""Results made by hand for the reports' tests."""

from __future__ import annotations

from collections.abc import Iterable

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.pipeline.result import Applied, Note, Refused, Result
from dfix.rewriter.report.long_document import LongDocument
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Source


def applied(line: int, rule: str = "x", *, contract: Contract = "same-image") -> Applied:
    return Applied(rule, line, line, f"reason of {rule}", contract, (), 0)


def result(
    before: bytes, after: bytes, *changes: Applied, path: str = "Dockerfile", refusals: tuple[Refused, ...] = ()
) -> Result:
    return Result(Source.from_bytes(path, before), Source.from_bytes(path, after), changes, refusals, (), None)


REFUSED = Refused("y", 1, 2, "hook", "a hook runs", "delete it")
UNSAFE = Refused("z", 1, 1, "unsafe", "another base is smaller", "--unsafe applies it")


def noted() -> Result:
    source = Source("whole", "FROM a\n")
    return Result(source, source, (), (), (Note(1, "it is for Windows"),), None)


def failed() -> Result:
    source = Source("wrong \udcff", "RUN\n")
    return Result(source, source, (), (), (), Problem("wrong \udcff", 1, "no \udcfe", "correct it"))


def whole(document: LongDocument, results: Iterable[Result]) -> str:
    """The text of the whole document."""
    return "".join([*map(document.add, results), document.end()])

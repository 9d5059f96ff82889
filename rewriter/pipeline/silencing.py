"""`--add-ignore`: ignore comments for what a run would change."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

from dfix.rewriter.dockerfile import Tree, parse
from dfix.rewriter.dockerfile.instruction import Instruction
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.pipeline.history import History
from dfix.rewriter.pipeline.ignore_comments import ignore_edits
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.result import Applied, Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.problem import Problem
from dfix.rewriter.text.source import Source

_MOST_ROUNDS = 10
"""What is left alone may make another rule speak; real files need one or two."""


def silence(source: Source, options: Options, reason: str) -> Result:
    """The file with comments that silence all changes which a run proposes; these are the result's changes."""
    first = found = run(source, options)
    history = History(source)
    silenced: list[Applied] = []
    for index in range(_MOST_ROUNDS):
        text = history.texts[-1]
        if found.problem is not None:
            return found._replace(before=source, after=source, changes=(), refusals=(), ignore_file=None)
        if not found.changed:
            changes = tuple(sorted(silenced, key=lambda change: change.line))
            return first._replace(after=text, changes=changes, refusals=(), ignore_file=None, regions=None)
        tree = parse(text)
        for change in found.changes:
            line = source.line_of(history.original(index, change.offset))
            silenced.append(change._replace(line=line, line_after=line))
        after = history.apply(ignore_edits(tree, _by_instruction(tree, found.changes), reason))
        if not _only_comments_differ(tree, parse(after)):
            break
        found = run(after, options)
    message = "ignore comments don't silence every finding in it"
    problem = Problem(source.path, 0, message, "Put `# dfix: ignore-file` in it")
    return Result(source, source, (), (), (), problem)


def _by_instruction(tree: Tree, changes: tuple[Applied, ...]) -> dict[int, set[str]]:
    """The rules that change each instruction, by its index; a comment above belongs to the instruction below."""
    firsts: list[int] = []
    block = 0
    for node in tree.nodes:
        if isinstance(node, Instruction):
            firsts.append(block or node.line)
        block = (block or node.line) if not isinstance(node, Instruction) and node.kind == "comment" else 0
    found: dict[int, set[str]] = defaultdict(set)
    for change in changes:
        found[max(bisect_right(firsts, change.line) - 1, 0)].add(change.rule)
    return found


def _only_comments_differ(before: Tree, after: Tree) -> bool:
    old, new = ([node.text[node.span.start : node.span.end] for node in tree.instructions] for tree in (before, after))
    return old == new and before.directives == after.directives and check(after) is None

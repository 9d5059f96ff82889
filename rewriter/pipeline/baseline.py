"""The findings of a baseline in one Dockerfile: changes that an earlier run would have made, and this one leaves out.

A finding belongs to a rule and to the text of an instruction, wherever in the file that is. So everything here is a
function of the text at hand, and a file that a run has rewritten is one in which the next run changes nothing.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable

from dfix.rewriter.dockerfile import Tree
from dfix.rewriter.dockerfile.instruction import Instruction
from dfix.rewriter.pipeline.options import RecordedChange

DIGITS = 32
"""Hexadecimal digits of an instruction's digest."""


class Baseline:
    """Findings by rule and instruction, and which of them the rules came to in the last text that they saw.

    With None for the findings, everything counts as one of them: that is how they are recorded.
    """

    def __init__(self, findings: Iterable[RecordedChange] | None) -> None:
        self._most = None if findings is None else {(one.rule, one.instruction): one.times for one in findings}
        self._seen: dict[str, dict[str, set[int]]] = {}
        self._tree: Tree | None = None
        self._ends: list[int] = []

    def begin(self, rule: str) -> None:
        """Forget what a rule came to: it is asked about another text."""
        self._seen.pop(rule, None)

    def has(self, tree: Tree, rule: str, offset: int) -> bool:
        """Whether the change that a rule proposes at an offset is a finding of the baseline.

        Of equal instructions, as many are as the baseline counts, from the first on.
        """
        index = self._index(tree, offset)
        instruction = digest(tree.instructions[index])
        most = None if self._most is None else self._most.get((rule, instruction), 0)
        if most == 0:
            return False
        seen = self._seen.setdefault(rule, {}).setdefault(instruction, set())
        if most is not None and index not in seen and len(seen) >= most:
            return False
        seen.add(index)
        return True

    def seen(self) -> tuple[RecordedChange, ...]:
        """The findings that the rules came to, sorted."""
        return tuple(
            sorted(
                RecordedChange(rule, instruction, len(places))
                for rule, found in self._seen.items()
                for instruction, places in found.items()
            )
        )

    def gone(self, tree: Tree, rules: frozenset[str], *, unchanged: bool) -> int:
        """How many findings of these rules are in the file no more; `tree` is the file as it was.

        If the run has changed it (not `unchanged`), rules have looked at another text; then only those findings count
        as gone whose instruction is.
        """
        texts = Counter(map(digest, tree.instructions))
        count = 0
        for (rule, instruction), most in (self._most or {}).items():
            if rule in rules:
                left = len(self._seen.get(rule, {}).get(instruction, ())) if unchanged else texts[instruction]
                count += max(most - left, 0)
        return count

    def _index(self, tree: Tree, offset: int) -> int:
        """The instruction at an offset; what is above an instruction belongs to it."""
        if self._tree is not tree:
            self._tree, self._ends = tree, [node.span.end for node in tree.instructions]
        return min(bisect_right(self._ends, offset), len(self._ends) - 1)


def digest(node: Instruction) -> str:
    """The digest of an instruction's text; how its lines are indented, broken or commented on makes no difference."""
    lines = " ".join(node.text[piece.start : piece.end].strip() for piece in node.pieces).strip()
    bodies = (node.text[one.body.start : one.body.end].replace("\r\n", "\n") for one in node.heredocs)
    text = "\0".join((lines, *bodies))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:DIGITS]

"""Comments that tell dfix to leave something alone: its own, hadolint's and BuildKit's.

`# dfix: ignore`, `# dfix: ignore[RULE, …] reason` and `# hadolint ignore=CODE,…` apply to the
instruction directly below. `# dfix: ignore` also counts at the end of a RUN's last line. `# dfix: ignore-file` and
`# hadolint global ignore=CODE,…` may be anywhere between instructions; BuildKit's `# check=skip=NAME,…` is a parser
directive. Other comments inside of a continued instruction or a heredoc are ignored.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.instruction import Instruction
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Source

_DFIX = expression(r"\s*#\s*dfix:\s*ignore(-file)?(?![\w-])\s*(?:\[([^\]]*)\])?")
_AT_END = expression(r"\s#\s*dfix:\s*ignore(?![\w-])[^\"'`\n]*$")
_MISSPELT = expression(r"\s*#\s*dfix:\s*([\w-]+)")
_HADOLINT = expression(r"\s*#\s*hadolint\s+(global\s+)?ignore\s*=\s*(\w+(?:\s*,\s*\w+)*)")
_HADOLINT_CODE = expression(r"(?:DL|SC)\d+")
_ALL = "all"
COMMENTS = ("ignore", "ignore-file")
"""The words that may follow `# dfix:`."""


class _Asked(NamedTuple):
    """What comments suppress: rules by name (empty: every rule), or rules that cover other tools' codes."""

    every: bool = False
    rules: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()

    def hides(self, rule: str, codes: Sequence[str]) -> bool:
        return self.every or rule in self.rules or not self.codes.isdisjoint(codes)

    def __or__(self, other: _Asked) -> _Asked:
        return _Asked(self.every or other.every, self.rules | other.rules, self.codes | other.codes)


_NOTHING = _Asked()


class Suppressions:
    """What the comments of one file suppress.

    `whole_file`: it has a `# dfix: ignore-file` comment. `misspelt`: lines with comments that look like dfix's own but
    suppress nothing, and the word that dfix does not know. `named_rules`: lines of comments with the rules they name.
    """

    __slots__ = ("_all_checks", "_asked", "_everywhere", "_lines", "misspelt", "named_rules", "whole_file")

    def __init__(self) -> None:
        self.whole_file = False
        self.misspelt: list[tuple[int, str]] = []
        self.named_rules: list[tuple[int, frozenset[str]]] = []
        self._everywhere = _NOTHING
        self._all_checks = False
        self._lines: list[int] = []
        self._asked: list[_Asked] = []

    @classmethod
    def read(cls, text: str) -> Suppressions:
        """The suppressions in a Dockerfile's text; cached for recent texts."""
        return _read(text)

    def hides(self, rule: str, codes: Sequence[str], line: int) -> bool:
        """Whether `rule`, which covers other tools' `codes`, must leave the instruction at `line` (1-based) alone.

        `line` can be any line of the instruction or of the comments directly above it.
        """
        if self._everywhere.hides(rule, codes):
            return True
        if self._all_checks and any(_HADOLINT_CODE.fullmatch(code) is None for code in codes):
            return True
        at = bisect_right(self._lines, line) - 1
        return at >= 0 and self._asked[at].hides(rule, codes)

    def unknown_rules(self, known: frozenset[str]) -> list[tuple[int, str]]:
        """The lines of comments that name a rule that is not in `known`, with its name."""
        return [(line, name) for line, rules in self.named_rules for name in sorted(rules - known)]

    def _add_comment(self, comment: str, line: int) -> _Asked:
        """Record what a comment suppresses in the whole file; return what it suppresses in the instruction below."""
        own = _DFIX.match(comment)
        if own is not None:
            if own[1]:
                self.whole_file = True
                return _NOTHING
            # an empty or unclosed list still suppresses every rule here
            rules = frozenset((own[2] or "").replace(",", " ").split())
            self.named_rules.append((line, rules))
            return _Asked(every=not rules, rules=rules)
        foreign = _HADOLINT.match(comment)
        if foreign is None:
            misspelt = _MISSPELT.match(comment)
            if misspelt is not None:
                self.misspelt.append((line, misspelt[1]))
            return _NOTHING
        asked = _Asked(codes=frozenset(foreign[2].replace(",", " ").split()))
        if not foreign[1]:
            return asked
        self._everywhere |= asked
        return _NOTHING

    def _at_end(self, instruction: Instruction) -> _Asked:
        """What a comment at the end of a RUN suppresses in it. Other instructions have no such comments."""
        if instruction.keyword != "RUN" or instruction.json is not None or instruction.heredocs:
            return _NOTHING
        comment = _AT_END.search(instruction.text, instruction.span.start, instruction.span.end)
        return _NOTHING if comment is None else self._add_comment(comment[0], instruction.end_line)

    def _add_check(self, value: str) -> None:
        """BuildKit's directive: `skip=NAME,…` or `skip=all`, before or after `;error=true`."""
        for option in value.split(";"):
            key, _, names = option.partition("=")
            if key.strip() == "skip":
                found = frozenset(name.strip() for name in names.split(","))
                self._all_checks = found == {_ALL}
                self._everywhere |= _Asked(codes=found)


@lru_cache(maxsize=8)
def _read(text: str) -> Suppressions:
    found = Suppressions()
    if "dfix:" not in text and "hadolint" not in text and ("skip" not in text or "check" not in text):
        return found
    tree = parse(Source("", text))
    check = tree.directive("check")
    if check is not None:
        found._add_check(check)
    block, first = _NOTHING, 0
    for node in tree.nodes:
        if isinstance(node, Instruction):
            found._lines.append(first or node.line)
            found._asked.append(block | found._at_end(node))
        elif node.kind == "comment":
            block |= found._add_comment(text[node.span.start : node.span.end], node.line)
            first = first or node.line
            continue
        block, first = _NOTHING, 0
    return found

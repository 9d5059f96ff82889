"""Comments that tell dfix to leave something alone: its own, hadolint's and BuildKit's.

`# dfix: ignore`, `# dfix: ignore -- reason`, `# dfix: ignore[NAME, …] reason` and `# hadolint ignore=CODE,…` apply to
the instruction directly below; a name is that of a rule, or of a check that rules answer. dfix's own also count
at the end of a RUN's last line, and whatever else follows `ignore` makes them malformed: they suppress nothing.
`# hadolint stage ignore=CODE,…` above a FROM applies to its stage.
`# dfix: ignore-file` and `# hadolint global ignore=CODE,…` may be anywhere between instructions; BuildKit's
`# check=skip=NAME,…` is a parser directive. Other comments inside of a continued instruction or a heredoc have no
effect.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.instruction import Instruction
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Source

DFIX = expression(r"\s*#\s*dfix:\s*ignore(-file)?(?![\w-])[ \t]*(?:\[([^\]\n]*)(\])?)?[ \t]*([^\r\n]*)")
"""A comment of dfix: `-file`, the names in the bracket, its end, and the reason."""
_AT_END = expression(r"\s#\s*dfix:\s*ignore(?![\w-])[^\"'`\n]*$")
_BEFORE_REASON = "--"
"""What must come between `ignore` without a bracket and a reason, which could be meant as the name of a rule."""
_MISSPELT = expression(r"\s*#\s*dfix:\s*([\w-]+)")
_NO_COLON = expression(r"\s*#\s*dfix\s+ignore(?:-file)?\s*(?:\[|$)")
_HADOLINT = expression(r"\s*#\s*hadolint\s+(?:(global|stage)\s+)?ignore\s*=\s*(\w+(?:\s*,\s*\w+)*)")
_HADOLINT_CODE = expression(r"(?:DL|SC)\d+")
_ALL = "all"
_SOME_RULES = "Name rules in them, or write `# dfix: ignore` alone for every rule"
_EVERY_RULE = "Write `# dfix: ignore[RULE] reason`, or `# dfix: ignore -- reason` for every rule"
_WHOLE_FILE = "Write `# dfix: ignore-file reason`, or `# dfix: ignore[RULE]` above each instruction"
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


class IgnoreComment(NamedTuple):
    """A well-formed `# dfix: ignore` or `# dfix: ignore-file` comment."""

    line: int
    names: frozenset[str]
    """Rules and checks; empty for every rule."""
    has_reason: bool
    first: int = 0
    """The first line that it applies to; 0 for none, or the whole file."""
    last: int = 0
    whole_file: bool = False


class Suppressions:
    """What the comments of one file suppress.

    `own` are dfix's comments. `misspelt`: lines with comments that look like dfix's own but suppress nothing, and the
    word that dfix does not know. `misplaced`: lines with dfix's comments that suppress nothing where they are, and the
    place, in words. `malformed`: lines with dfix's comments that suppress nothing because of how they are written, what
    is wrong, and what to write.
    """

    __slots__ = (
        "_all_checks",
        "_asked",
        "_everywhere",
        "_lines",
        "_stage",
        "malformed",
        "misplaced",
        "misspelt",
        "own",
    )

    def __init__(self) -> None:
        self.own: list[IgnoreComment] = []
        self.misspelt: list[tuple[int, str]] = []
        self.misplaced: list[tuple[int, str]] = []
        self.malformed: list[tuple[int, str, str]] = []
        self._everywhere = self._stage = _NOTHING
        self._all_checks = False
        self._lines: list[int] = []
        self._asked: list[_Asked] = []

    @classmethod
    def read(cls, text: str) -> Suppressions:
        """The suppressions in a Dockerfile's text; cached for recent texts."""
        return _read(text)

    @property
    def whole_file(self) -> bool:
        """Whether there is a `# dfix: ignore-file` comment."""
        return any(comment.whole_file for comment in self.own)

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

    def add_instruction(self, node: Instruction, block: list[tuple[int, str]]) -> None:
        """Record what the comments directly above an instruction, and in it, suppress."""
        asked, stage = _NOTHING, _NOTHING
        first = block[0][0] if block else node.line
        for line, comment in (*block, *self._at_end(node)):
            asked |= self._add_own(comment, line, first, node.end_line)
            foreign = _HADOLINT.match(comment)
            if foreign is not None:
                codes = _Asked(codes=frozenset(foreign[2].replace(",", " ").split()))
                asked |= _NOTHING if foreign[1] else codes
                stage |= codes if foreign[1] == "stage" else _NOTHING
        if node.keyword == "FROM":
            self._stage = stage
        self._lines.append(first)
        self._asked.append(asked | self._stage)
        self.misplaced += _misplaced(node)

    def add_loose(self, block: list[tuple[int, str]]) -> None:
        """Record dfix's comments with no instruction directly below."""
        for line, comment in block:
            if self._add_own(comment, line, 0, 0) is not _NOTHING:
                self.misplaced.append((line, "no instruction follows directly"))

    def add_anywhere(self, comment: str, line: int) -> None:
        """Record what a comment between instructions suppresses in the whole file."""
        own, foreign = DFIX.match(comment), _HADOLINT.match(comment)
        if own is not None and own[1]:
            if own[2] is not None:
                self.malformed.append((line, "`ignore-file` takes no rules", _WHOLE_FILE))
                return
            self.own.append(IgnoreComment(line, frozenset(), bool(own[4].strip()), whole_file=True))
        elif own is None and (misspelt := _MISSPELT.match(comment)) is not None:
            self.misspelt.append((line, misspelt[1]))
        elif _NO_COLON.match(comment.rstrip()) is not None:
            self.misplaced.append((line, "a colon follows `dfix`"))
        elif foreign is not None and foreign[1] == "global":
            self._everywhere |= _Asked(codes=frozenset(foreign[2].replace(",", " ").split()))

    def add_check(self, value: str) -> None:
        """BuildKit's directive: `skip=NAME,…` or `skip=all`, before or after `;error=true`."""
        for option in value.split(";"):
            key, _, names = option.partition("=")
            if key.strip() == "skip":
                found = frozenset(name.strip() for name in names.split(","))
                self._all_checks = found == {_ALL}
                self._everywhere |= _Asked(codes=found)

    def _add_own(self, comment: str, line: int, first: int, last: int) -> _Asked:
        own = DFIX.match(comment)
        if own is None or own[1]:
            return _NOTHING
        names = frozenset((own[2] or "").replace(",", " ").split())
        reason = own[4].strip()
        if own[2] is not None and not names:
            self.malformed.append((line, "its brackets are empty", _SOME_RULES))
            return _NOTHING
        if own[2] is None and reason and reason.split()[0] != _BEFORE_REASON:
            self.malformed.append((line, "no bracket follows `ignore`", _EVERY_RULE))
            return _NOTHING
        has_reason = bool(reason.removeprefix(_BEFORE_REASON).strip() if own[2] is None else reason)
        self.own.append(IgnoreComment(line, names, has_reason, first, last))
        return _Asked(every=not names, rules=names, codes=names)

    def _at_end(self, instruction: Instruction) -> list[tuple[int, str]]:
        """The comment at the end of a RUN. Other instructions have no such comments."""
        if instruction.keyword != "RUN" or instruction.json is not None or instruction.heredocs:
            return []
        comment = _AT_END.search(instruction.text, instruction.span.start, instruction.span.end)
        return [] if comment is None else [(instruction.end_line, comment[0])]


def _misplaced(node: Instruction) -> Iterator[tuple[int, str]]:
    """Comments of dfix within an instruction, which only suppress something at the end of a RUN."""
    text = node.text[node.span.start : node.span.end]
    if "dfix" not in text:
        return
    for span in node.comments:
        if DFIX.match(node.text[span.start : span.end]) is not None:
            yield node.line + text.count("\n", 0, span.start - node.span.start), "it is within an instruction"
    if node.keyword != "RUN" and _AT_END.search(text) is not None:
        yield node.end_line, f"{node.keyword} has no comment at its end"


@lru_cache(maxsize=8)
def _read(text: str) -> Suppressions:
    found = Suppressions()
    if "dfix" not in text and "hadolint" not in text and ("skip" not in text or "check" not in text):
        return found
    tree = parse(Source("", text))
    check = tree.directive("check")
    if check is not None:
        found.add_check(check)
    block: list[tuple[int, str]] = []
    for node in tree.nodes:
        if isinstance(node, Instruction):
            found.add_instruction(node, block)
        elif node.kind == "comment":
            comment = text[node.span.start : node.span.end]
            found.add_anywhere(comment, node.line)
            block.append((node.line, comment))
            continue
        else:
            found.add_loose(block)
        block = []
    found.add_loose(block)
    return found

"""The lossless tree of one Dockerfile: every line belongs to one node, and joining the nodes gives the file."""

from __future__ import annotations

import re
from typing import NamedTuple

from rewriter.source import Source, Span
from rewriter.syntax.instruction import KEYWORDS, Heredoc, Instruction
from rewriter.syntax.lexing import SPACE, HeredocMark, heredoc_marks

_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+?)\s*", re.DOTALL)
_KNOWN_DIRECTIVES = frozenset(("syntax", "escape", "check"))
_MAX_LINE = 65535
_HAS_HEREDOC = frozenset(("ADD", "COPY", "RUN"))


class Trivia(NamedTuple):
    """A line between instructions. `kind` is directive, comment or blank."""

    kind: str
    span: Span
    line: int


class Directive(NamedTuple):
    """A parser directive, name in lower case."""

    name: str
    value: str
    line: int


class Fault(NamedTuple):
    """Why BuildKit would not take the file."""

    line: int
    message: str
    hint: str


class Tree(NamedTuple):
    """`fault` is the first thing that BuildKit's parser would reject; the nodes cover the file all the same."""

    source: Source
    nodes: tuple[Trivia | Instruction, ...]
    instructions: tuple[Instruction, ...]
    directives: tuple[Directive, ...]
    escape: str
    fault: Fault | None

    def directive(self, name: str) -> str | None:
        """The value of a parser directive ("syntax", "escape", "check")."""
        for directive in self.directives:
            if directive.name == name:
                return directive.value
        return None


def parse(source: Source) -> Tree:
    """Read a Dockerfile as BuildKit's parser does. Any text gives a tree; what is wrong with it is its `fault`."""
    return _Scanner(source).scan()


class _Scanner:
    """Walks the lines once. `self.index` is the number of lines taken so far."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.lines = self.text.split("\n")
        if self.lines[-1] == "":
            self.lines.pop()
        self.starts: list[int] = []
        at = 0
        for line in self.lines:
            self.starts.append(at)
            at += len(line) + 1
        self.starts.append(len(self.text))
        self.index = 0
        self.escape = "\\"
        self.directives: list[Directive] = []
        self.directives_open = True
        self.fault: Fault | None = None

    def fail(self, line: int, message: str, hint: str = "") -> None:
        if self.fault is None:
            self.fault = Fault(line, message, hint)

    def scan(self) -> Tree:
        nodes: list[Trivia | Instruction] = []
        instructions = []
        while self.index < len(self.lines):
            first = self.index
            content = self.lines[first].rstrip("\r").lstrip(SPACE)
            if not content or content[0] == "#":
                kind = "comment" if content else "blank"
                if self.directives_open and self._directive(content):
                    kind = "directive"
                self.index += 1
                nodes.append(Trivia(kind, self._lines_span(first), first + 1))
                continue
            self.directives_open = False
            instruction = self._instruction(content)
            nodes.append(instruction if instruction is not None else Trivia("blank", self._lines_span(first), first + 1))
            if instruction is not None:
                instructions.append(instruction)
        if not instructions:
            self.fail(0, "the file has no instructions", "a Dockerfile starts with FROM")
        if len(self.text) > _MAX_LINE:
            self._check_line_lengths()
        return Tree(
            self.source, tuple(nodes), tuple(instructions), tuple(self.directives), self.escape, self.fault
        )

    def _lines_span(self, first: int) -> Span:
        return Span(self.starts[first], self.starts[self.index])

    def _check_line_lengths(self) -> None:
        for number, line in enumerate(self.lines, 1):
            if len(line) > _MAX_LINE:
                self.fail(number, f"the line is longer than {_MAX_LINE} bytes, which BuildKit refuses", "split it")

    def _directive(self, content: str) -> bool:
        match = _DIRECTIVE.fullmatch(content)
        if match is None:
            self.directives_open = False
            return False
        name, value = match[1].lower(), match[2]
        if name not in _KNOWN_DIRECTIVES:
            return False
        if any(directive.name == name for directive in self.directives):
            self.fail(self.index + 1, f"a second `{name}` directive", "keep one")
        self.directives.append(Directive(name, value, self.index + 1))
        if name == "escape":
            if value in ("\\", "`"):
                self.escape = value
            else:
                self.fail(self.index + 1, f"escape={value} is neither \\ nor `", "use one of the two")
        return True

    def _instruction(self, content: str) -> Instruction | None:
        """The instruction that begins on the current line; None for a lone escape character that joins nothing."""
        first = self.index
        base = self.starts[first] + self.lines[first].find(content)
        pieces: list[Span] = []
        comments: list[Span] = []
        blanks: list[Span] = []
        joined: list[str] = []
        goes_on = True
        while True:
            end = self._continued(content)
            goes_on = end >= 0
            length = end if goes_on else len(content)
            if length:
                pieces.append(Span(base, base + length))
                joined.append(content[:length])
            self.index += 1
            if not goes_on:
                break
            content, base, goes_on = self._next_line(comments, blanks)
            if not goes_on:
                break
        if not pieces:
            return None
        logical = "".join(joined)
        instruction = Instruction(self.text, pieces, logical, 0, self.escape)
        instruction.comments, instruction.blanks = tuple(comments), tuple(blanks)
        self._heredocs(instruction, first)
        instruction.line, instruction.end_line = first + 1, self.index
        instruction.span = self._lines_span(first)
        inner = instruction.inner
        if inner is not None:
            inner.line, inner.end_line, inner.heredocs = first + 1, self.index, instruction.heredocs
        return instruction

    def _next_line(self, comments: list[Span], blanks: list[Span]) -> tuple[str, int, bool]:
        """The next line of a continued instruction: its text and offset; False at the file's end."""
        while self.index < len(self.lines):
            content = self.lines[self.index].rstrip("\r")
            stripped = content.lstrip(SPACE)
            if stripped and stripped[0] != "#":
                return content, self.starts[self.index], True
            self.index += 1
            (comments if stripped else blanks).append(self._lines_span(self.index - 1))
        return "", 0, False

    def _continued(self, content: str) -> int:
        """Where the escape character that ends this line stands, or -1 (BuildKit's lineContinuationRegex)."""
        stripped = content.rstrip(" \t")
        if not stripped.endswith(self.escape):
            return -1
        at = len(stripped) - 1
        return -1 if at and stripped[at - 1] == self.escape else at

    def _heredocs(self, instruction: Instruction, first: int) -> None:
        inner = instruction.inner or instruction
        if "<<" not in instruction.logical or inner.keyword not in _HAS_HEREDOC or inner.json is not None:
            return
        found = []
        for mark in heredoc_marks(instruction.logical):
            heredoc = self._heredoc(mark)
            if heredoc is None:
                self.fail(first + 1, f"the heredoc {mark.name} has no end", f"end it with a line {mark.name}")
                break
            found.append(heredoc)
        instruction.heredocs = tuple(found)

    def _heredoc(self, mark: HeredocMark) -> Heredoc | None:
        body = self.starts[self.index] if self.index < len(self.lines) else len(self.text)
        while self.index < len(self.lines):
            line = self.lines[self.index].rstrip("\r\n")
            at = self.starts[self.index]
            self.index += 1
            if (line.lstrip("\t") if mark.strips_tabs else line) == mark.name:
                terminator = Span(at, self.starts[self.index])
                return Heredoc(mark.name, mark.expands, mark.strips_tabs, Span(body, at), terminator)
        return None


def unknown_instruction(tree: Tree) -> Instruction | None:
    """The first instruction whose keyword BuildKit does not know."""
    for instruction in tree.instructions:
        if instruction.keyword not in KEYWORDS:
            return instruction
    return None

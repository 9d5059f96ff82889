"""The lossless tree of a Dockerfile: every line belongs to one node, and the joined nodes are the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from dfix.rewriter.dockerfile.instruction import Heredoc, Instruction
from dfix.rewriter.dockerfile.lexing import SPACE
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.source import Source, Span

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile.heredoc import HeredocMark

_DIRECTIVE = expression(r"#[\t\n\f\r ]*([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*(.+)", re.DOTALL)
_KNOWN_DIRECTIVES = frozenset(("syntax", "escape", "check"))
_MAX_LINE = 65535
_MOST_BYTES = 4
"""Of one character in UTF-8."""
_HAS_HEREDOC = frozenset(("ADD", "COPY", "RUN"))


class Trivia(NamedTuple):
    """A line between instructions."""

    kind: Literal["directive", "comment", "blank"]
    span: Span
    line: int


class Directive(NamedTuple):
    """A parser directive."""

    name: str
    """In lower case."""
    value: str
    line: int


class Fault(NamedTuple):
    """Why BuildKit refuses the file."""

    line: int
    message: str
    hint: str


class Tree(NamedTuple):
    """A Dockerfile. The nodes cover all of it, even where there is a fault."""

    source: Source
    nodes: tuple[Trivia | Instruction, ...]
    instructions: tuple[Instruction, ...]
    directives: tuple[Directive, ...]
    escape: str
    fault: Fault | None
    """The first thing that BuildKit's parser rejects."""

    def directive(self, name: str) -> str | None:
        """The value of a parser directive ("syntax", "escape", "check"); None when it is absent."""
        for directive in self.directives:
            if directive.name == name:
                return directive.value
        return None


def parse(source: Source) -> Tree:
    """Read a Dockerfile as BuildKit's parser does. Any text gives a tree; its `fault` says what is wrong."""
    return _Scanner(source).scan()


class _Scanner:
    """Walks the lines once. `index` is the number of lines read so far."""

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
        instructions: list[Instruction] = []
        while self.index < len(self.lines):
            first = self.index
            content = self.lines[first].rstrip("\r").lstrip(SPACE)
            if content and content[0] != "#":
                self.directives_open = False
                node = self._instruction(content)
                nodes.append(node)
                if isinstance(node, Instruction):
                    instructions.append(node)
                continue
            kind: Literal["directive", "comment", "blank"] = "comment" if content else "blank"
            if self.directives_open and self._directive(content):
                kind = "directive"
            self.index += 1
            nodes.append(Trivia(kind, self._lines_span(first), first + 1))
        if not instructions:
            self.fail(0, "the file has no instructions", "A Dockerfile starts with FROM")
        if len(self.text) * _MOST_BYTES > _MAX_LINE:
            self._check_line_lengths()
        return Tree(self.source, tuple(nodes), tuple(instructions), tuple(self.directives), self.escape, self.fault)

    def _lines_span(self, first: int) -> Span:
        return Span(self.starts[first], self.starts[self.index])

    def _check_line_lengths(self) -> None:
        for number, line in enumerate(self.lines, 1):
            if len(line) * _MOST_BYTES > _MAX_LINE and len(line.encode("utf-8", "surrogateescape")) > _MAX_LINE:
                self.fail(number, f"the line is longer than {_MAX_LINE} bytes, which BuildKit refuses", "Split it")

    def _directive(self, content: str) -> bool:
        match = _DIRECTIVE.fullmatch(content)
        if match is None:
            self.directives_open = False
            return False
        name, value = match[1].lower(), match[2].rstrip("\t\n\f\r ")
        if name not in _KNOWN_DIRECTIVES:
            self.directives_open = False
            return False
        if any(directive.name == name for directive in self.directives):
            self.fail(self.index + 1, f"a second `{name}` directive", "Keep one")
        self.directives.append(Directive(name, value, self.index + 1))
        if name == "escape":
            if value in ("\\", "`"):
                self.escape = value
            else:
                self.fail(self.index + 1, f"escape={value} is neither \\ nor `", "Use one of the two")
        return True

    def _instruction(self, content: str) -> Instruction | Trivia:
        """The instruction that begins on the current line; a blank for a line of lone escape characters."""
        first = self.index
        base = self.starts[first] + self.lines[first].find(content)
        comments: list[Span] = []
        blanks: list[Span] = []
        end = self._continued(content)
        self.index += 1
        if end < 0:
            pieces, logical = [Span(base, base + len(content))], content
        else:
            pieces, logical = self._joined(content, base, end, comments, blanks)
        if not logical.strip(SPACE):
            self.fail(first + 1, f"a lone `{self.escape}` joins nothing", "Delete it")
            return Trivia("blank", self._lines_span(first), first + 1)
        instruction = Instruction(self.text, pieces, logical, 0, self.escape)
        if end >= 0:
            instruction.comments, instruction.blanks = tuple(comments), tuple(blanks)
        if "<<" in logical:
            self._heredocs(instruction, first)
        instruction.line, instruction.end_line = first + 1, self.index
        instruction.span = self._lines_span(first)
        inner = instruction.inner
        if inner is not None:
            inner.line, inner.end_line = first + 1, self.index
            inner.span, inner.heredocs = instruction.span, instruction.heredocs
            inner.comments, inner.blanks = instruction.comments, instruction.blanks
        return instruction

    def _joined(
        self, content: str, base: int, end: int, comments: list[Span], blanks: list[Span]
    ) -> tuple[list[Span], str]:
        """The pieces and the text of a continued line, whose first line has its escape character at `end`."""
        pieces: list[Span] = []
        texts: list[str] = []
        while True:
            length = end if end >= 0 else len(content)
            if length:
                pieces.append(Span(base, base + length))
                texts.append(content[:length])
            if end < 0 or not self._skip_to_next(comments, blanks):
                return pieces, "".join(texts)
            content, base = self.lines[self.index].rstrip("\r"), self.starts[self.index]
            end = self._continued(content)
            self.index += 1

    def _skip_to_next(self, comments: list[Span], blanks: list[Span]) -> bool:
        """Go to the next line that belongs to a continued instruction; False at the file's end."""
        while self.index < len(self.lines):
            stripped = self.lines[self.index].rstrip("\r").lstrip(SPACE)
            if stripped and stripped[0] != "#":
                return True
            self.index += 1
            (comments if stripped else blanks).append(self._lines_span(self.index - 1))
        return False

    def _continued(self, content: str) -> int:
        """The offset of the escape character that continues this line, or -1 (BuildKit's lineContinuationRegex)."""
        stripped = content.rstrip(" \t")
        if not stripped or stripped[-1] != self.escape:
            return -1
        at = len(stripped) - 1
        return -1 if at and stripped[at - 1] == self.escape else at

    def _heredocs(self, instruction: Instruction, first: int) -> None:
        from dfix.rewriter.dockerfile.expansion import ExpansionError
        from dfix.rewriter.dockerfile.heredoc import heredoc_marks

        inner = instruction.inner or instruction
        if inner.keyword not in _HAS_HEREDOC or inner.json is not None:
            return
        try:
            marks = heredoc_marks(instruction.logical)
        except ExpansionError as error:
            self.fail(first + 1, f"the name of a heredoc cannot be read: {error}", "Use a plain word such as EOF")
            return
        heredocs = []
        for mark in marks:
            heredoc = self._heredoc(mark)
            if heredoc is None:
                self.fail(first + 1, f"the heredoc {mark.name} has no end", f"End it with a line {mark.name}")
                break
            heredocs.append(heredoc)
        instruction.heredocs = tuple(heredocs)

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

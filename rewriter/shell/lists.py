"""Lists and pipelines: what joins commands (Shell Command Language, 2.9.2 and 2.9.3)."""

from __future__ import annotations

import re

from dfix.rewriter.shell.nodes import AndOr, Command, Compound, Node, Operator, Pipeline, Statement
from dfix.rewriter.shell.quoting import UnreadableError
from dfix.rewriter.shell.simple import SimpleReader

_RESERVED = re.compile(
    r"(?:if|then|elif|else|fi|for|while|until|do|done|case|esac|function|select|coproc|[{}!]|\[\[)"
    r"(?=[ \t\n;&|()]|[<>](?!\()|\\\n|\Z)"
)
NOTHING: frozenset[str] = frozenset()


class ListReader(SimpleReader):
    """Reads statements, `&&` and `||` lists and pipelines."""

    __slots__ = ()

    def compound(self, word: str) -> Compound:
        """Read the compound command that begins with `word` at `at`."""
        raise NotImplementedError

    def reserved(self) -> str:
        """The reserved word at `at`, "" for none."""
        match = _RESERVED.match(self.mask, self.at)
        return match[0] if match is not None else ""

    def statements(self, stops: frozenset[str] = NOTHING) -> tuple[Statement, ...]:
        """Read statements up to a reserved word of `stops`, a closing parenthesis, `;;` or the end."""
        found: list[Statement] = []
        while True:
            self.skip_lines()
            if self.at >= self.end or self._closes() or (stops and self.reserved() in stops):
                return tuple(found)
            node = self._and_or()
            statement = self._terminated(node)
            found.append(statement)
            if not statement.terminator:
                return tuple(found)

    def _closes(self) -> bool:
        return self.mask[self.at] == ")" or self.mask.startswith((";;", ";&"), self.at)

    def _terminated(self, node: Node) -> Statement:
        self.skip_blanks()
        char = self.char()
        if char == "\n":
            at = self.at
            self.line_end()
        elif char == "&" or (char == ";" and not self._closes()):
            at = self.at
            self.at += 1
        else:
            end = node.span.end
            return Statement(node.span, node, "", type(node.span)(end, end))
        return Statement(node.span, node, char, self.span(at, at + 1))

    def _and_or(self) -> Node:
        first = self._pipeline()
        parts = [first]
        operators: list[Operator] = []
        while True:
            self.skip_blanks()
            pair = self.mask[self.at : self.at + 2]
            if pair not in ("&&", "||"):
                break
            operators.append(Operator(self.span(self.at, self.at + 2), pair))
            self.at += 2
            self.skip_lines()
            parts.append(self._pipeline())
        if not operators:
            return first
        span = type(first.span)(first.span.start, parts[-1].span.end)
        return AndOr(span, tuple(parts), tuple(operators))

    def _pipeline(self) -> Node:
        start = self.at
        negated = self.reserved() == "!"
        if negated:
            self.at += 1
            self.skip_blanks()
        first = self._command()
        parts: list[Node] = [first]
        while True:
            self.skip_blanks()
            if self.char() != "|" or self.mask.startswith("||", self.at):
                break
            self.at += 2 if self.mask.startswith("|&", self.at) else 1
            self.skip_lines()
            parts.append(self._command())
        if len(parts) == 1 and not negated:
            return first
        span = type(first.span)(self.offset + start, parts[-1].span.end)
        return Pipeline(span, negated, tuple(parts))

    def _command(self) -> Command | Compound:
        if self.char() == "(":
            return self.compound("(")
        word = self.reserved()
        return self.compound(word) if word else self.simple()

    def some(self, stops: frozenset[str] = NOTHING) -> tuple[Statement, ...]:
        """Read statements where the grammar wants at least one."""
        found = self.statements(stops)
        if not found:
            raise UnreadableError(f"a command is missing in its script {self.near()}")
        return found

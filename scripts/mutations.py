"""Every small change to a module that a test ought to notice: conditions, bounds, operators, constants."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_COMPARED: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
}
_CALCULATED: dict[type[ast.operator], str] = {ast.Add: "-", ast.Sub: "+", ast.BitOr: "&", ast.BitAnd: "|"}
_LEFT_OUT = frozenset(("EXAMPLES", "ORDER", "READS_SOURCES"))
"""What a rule declares; whole runs test it, in other processes."""


class Mutation(NamedTuple):
    """One change to a module: the bytes from `start` to `end` become `text`."""

    path: str
    """Of the module, relative to the checkout."""
    scope: str
    """The qualified name of the outermost function; the name of the constant that is assigned outside of functions."""
    in_function: bool
    first: int
    last: int
    """The lines of what is replaced."""
    start: int
    end: int
    before: str
    text: str
    number: int
    """Tells apart equal changes within one scope, in source order from 0."""

    @property
    def name(self) -> str:
        """What the list of survivors calls it. It holds no line number, so edits elsewhere do not matter."""
        number = f" #{self.number + 1}" if self.number else ""
        return f"{self.path} {self.scope}: {_one_line(self.before)} -> {_one_line(self.text)}{number}"


def mutations(root: Path, path: str) -> list[Mutation]:
    """Every mutation of a module, in source order."""
    reader = _Reader(path, (root / path).read_bytes())
    found: list[Mutation] = []
    seen: dict[tuple[str, str, str], int] = {}
    for scope, in_function, node, text in reader.changes():
        start, end = reader.span(node)
        before = reader.text(node)
        key = (scope, _one_line(before), _one_line(text))
        number = seen[key] = seen.get(key, -1) + 1
        last = node.end_lineno or node.lineno
        found.append(Mutation(path, scope, in_function, node.lineno, last, start, end, before, text, number))
    return found


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _Reader:
    def __init__(self, path: str, source: bytes) -> None:
        self._source = source
        self._tree = ast.parse(source, path)
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr) -> tuple[int, int]:
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = self._starts[node.lineno - 1] + node.col_offset
        return start, self._starts[node.end_lineno - 1] + node.end_col_offset

    def text(self, node: ast.expr) -> str:
        start, end = self.span(node)
        return self._source[start:end].decode("utf-8")

    def changes(self) -> Iterator[tuple[str, bool, ast.expr, str]]:
        """Scope, whether that is a function, the expression that is replaced, and its new text."""
        for scope, in_function, statement in self._scopes(self._tree.body, ""):
            for node in _expressions(statement):
                for text in self._instead_of(node):
                    yield scope, in_function, node, text
            for condition in _conditions(statement):
                text = f"not ({self.text(condition)})"
                if not isinstance(condition, ast.UnaryOp | ast.Compare):  # those have a mutation of this kind already
                    yield scope, in_function, condition, text

    def _scopes(self, body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, bool, ast.stmt]]:
        """The statements of functions and methods, and assignments of constants, each with the name of its scope."""
        for statement in body:
            if isinstance(statement, ast.FunctionDef):
                yield from ((prefix + statement.name, True, inner) for inner in statement.body)
            elif isinstance(statement, ast.ClassDef):
                for name, inside, inner in self._scopes(statement.body, f"{prefix}{statement.name}."):
                    if inside:
                        yield name, inside, inner
            elif isinstance(statement, ast.Assign | ast.AnnAssign):
                target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
                if isinstance(target, ast.Name) and target.id not in _LEFT_OUT:
                    yield target.id, False, statement

    def _instead_of(self, node: ast.expr) -> Iterator[str]:
        match node:
            case ast.BoolOp(op, values):
                word = " and " if isinstance(op, ast.And) else " or "
                operands = [f"({self.text(value)})" for value in values]
                for at in range(len(operands)):
                    left = operands[:at] + operands[at + 1 :]
                    yield left[0] if len(left) == 1 else f"({word.join(left)})"
            case ast.UnaryOp(ast.Not(), operand):
                yield f"bool({self.text(operand)})"
            case ast.Compare():
                yield from self._compared(node)
            case ast.BinOp(left, operator, right) if type(operator) in _CALCULATED and not _has_text(node):
                yield f"({self.text(left)}) {_CALCULATED[type(operator)]} ({self.text(right)})"
            case ast.Constant(bool(value)):
                yield str(not value)
            case ast.Constant(int(value)):
                yield from (f"({value - 1})", f"({value + 1})")
            case ast.Call(ast.Name("any" | "all" as name), [argument], []):
                yield f"{'all' if name == 'any' else 'any'}({self.text(argument)})"

    def _compared(self, node: ast.Compare) -> Iterator[str]:
        operands = [f"({self.text(operand)})" for operand in (node.left, *node.comparators)]
        for at in range(len(node.ops)):
            words = [_COMPARED[type(operator)][other == at] for other, operator in enumerate(node.ops)]
            pairs = zip(words, operands[1:], strict=True)
            yield " ".join((operands[0], *(f"{word} {operand}" for word, operand in pairs)))


def _has_text(node: ast.BinOp) -> bool:
    """Whether it joins strings or tuples as written, of which every test that comes by would notice the lack."""
    return any(
        isinstance(part, ast.JoinedStr | ast.Tuple | ast.List)
        or (isinstance(part, ast.Constant) and isinstance(part.value, str))
        for side in (node.left, node.right)
        for part in (side, *((side.left, side.right) if isinstance(side, ast.BinOp) else ()))
    )


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement, outermost first, without annotations, default values and what f-strings hold."""
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr | ast.arguments):
            continue
        if isinstance(node, ast.expr):
            yield node
        left_out = {"annotation", "returns", "decorator_list"}
        for name, value in reversed(list(ast.iter_fields(node))):
            if name not in left_out:
                children = value if isinstance(value, list) else [value]
                waiting += reversed([child for child in children if isinstance(child, ast.AST)])


def _conditions(statement: ast.stmt) -> Iterator[ast.expr]:
    """What an `if`, a `while` or the condition of a comprehension asks."""
    for node in ast.walk(statement):
        if isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node.test
        elif isinstance(node, ast.comprehension):
            yield from node.ifs

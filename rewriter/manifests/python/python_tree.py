"""The syntax tree of a Python file of the project, made by Python's own parser. The file is never run."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings

_DEEPEST = 1000
"""How deep an expression or a chain of `elif` may go. libcst 1.8's parser overflows its stack, which ends the process,
from some 3,000 brackets or 10,000 operators on (tried with a stack of 8 MB, as Linux gives)."""
_OF_BRACKET = 5
"""Brackets take more of the stack than operators."""
_PARTS = frozenset((",", ":", "=", ";"))
"""What parts an expression from the next."""


class NotPythonError(Exception):
    """Python cannot parse a file: `line` says where, 0 if it does not."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


def python_tree(text: str) -> ast.Module:
    """The tree of a file. Raises NotPythonError, also for one that is nested too deeply for Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of invalid escapes, which Python prints
            return ast.parse(text)
    except SyntaxError as error:
        raise NotPythonError(error.lineno or 0) from None
    except (ValueError, RecursionError, MemoryError):
        raise NotPythonError(0) from None


def check_depth(text: str) -> None:
    """Raise NotPythonError for valid Python in which an expression, or an `if`, goes deeper than any author's."""
    levels, deep, others = [0], 0, 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        word = token.string
        if word in _PARTS or token.type == tokenize.NEWLINE:
            deep, levels[-1] = deep - levels[-1], 0
        elif word in ("(", "[", "{"):
            levels.append(_OF_BRACKET)
            deep += _OF_BRACKET
        elif word in (")", "]", "}"):
            deep += 1 - levels.pop()
            levels[-1] += 1
        else:
            levels[-1] += 1
            deep += 1
        others += word == "elif"
        if deep > _DEEPEST or others > _DEEPEST:
            raise NotPythonError(token.start[0])

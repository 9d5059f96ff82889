"""The syntax tree of a Python file of the project, made by Python's own parser. The file is never run."""

from __future__ import annotations

import ast
import warnings


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

"""Why a file could not be handled."""

from __future__ import annotations

from dfix.rewriter.text.named_tuple import NamedTuple


class Problem(NamedTuple):
    """Why a file could not be handled: printed as `path:line: message. Hint`. `line` 0 means the whole file."""

    path: str
    line: int
    message: str
    hint: str = ""

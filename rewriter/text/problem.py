"""Why a file could not be handled."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """Why a file could not be handled: `path:line: what. what to do`. `line` 0 means the file as a whole."""

    path: str
    line: int
    message: str
    hint: str = ""

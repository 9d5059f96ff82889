"""Regular expressions that are compiled at their first use.

An editor starts the command on each save, and compiling every expression of every module would be a tenth of that
run, while a typical file uses one in ten.
"""

from __future__ import annotations

import re
from typing import AnyStr, cast

_METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")


def expression(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """The regular expression `pattern`, for a constant of a module. An error in it shows at its first use."""
    return cast("re.Pattern[AnyStr]", _Expression(pattern, flags))


class _Expression:
    """Stands in for a `re.Pattern`. Once it is compiled its attributes are the methods of the pattern themselves."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        compiled = re.compile(self.pattern, self._flags)
        for method in _METHODS:
            setattr(self, method, getattr(compiled, method))
        return getattr(compiled, name)

"""The modules that Python's own programs import, and that a file of the same name would replace."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter import knowledge
from dfix.rewriter.model.effects.places import in_folder
from dfix.rewriter.text.own_data import own_text

_FILE = os.path.join(os.path.dirname(knowledge.__file__), "packages", "python_modules.txt")


def imported(folder: str | None) -> tuple[str, ...]:
    """The image paths that would be imported from a folder, in place of a module of Python or pip."""
    paths = (in_folder(folder, name) for name in _names())
    return tuple(path for path in paths if path is not None)


@cache
def _names() -> tuple[str, ...]:
    lines = own_text(_FILE).split("\n")
    names = [name for line in lines if not line.startswith("#") for name in line.split()]
    return tuple(path for name in names for path in (name, f"{name}.py", f"{name}.so"))

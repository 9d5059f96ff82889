"""Whether the package manager that a RUN calls may be a program of the project by the same name."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.model.values_in_force import values_in_force
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.cache_use import CacheUse
    from dfix.transforms.clean_up.removed_files import Search


def is_not_own(search: Search, step: Step, cache_use: CacheUse) -> None:
    """Raise LeaveAlone where a COPY brings a program of the manager's name to a folder of PATH."""
    if not search.scripts.known:
        return
    for use in cache_use.filled_by:
        name = program_name(use.located.words[0])
        for folder in values_in_force(step, use.located)["PATH"].split(":"):
            placed = search.scripts.placed(posixpath.join(folder, name)) if folder.startswith("/") else []
            if placed:
                raise LeaveAlone("program-changes", f"`{name}` may be {placed[0]}, which a COPY puts into {folder}")

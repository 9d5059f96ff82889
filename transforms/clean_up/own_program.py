"""Whether the package manager that a RUN calls may be a program of the project by the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.cache_use import CacheUse
    from dfix.transforms.clean_up.removed_files import Search


def is_not_own(search: Search, step: Step, cache_use: CacheUse) -> None:
    """Raise LeaveAlone where an instruction puts a program of the manager's name into a folder of PATH."""
    for use in cache_use.filled_by:
        name = program_name(use.located.words[0])
        for folder, path in search.scripts.in_search_path(name, use.located, step):
            if search.scripts.is_made(path):
                raise LeaveAlone("program-changes", f"`{name}` may be {path}, which the Dockerfile itself writes")
            raise LeaveAlone("program-changes", f"`{name}` may be {path}, which a COPY puts into {folder}")

"""Whether the package manager that a RUN calls may be a program of the project by the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.shell.walk import program_name
from dfix.transforms.clean_up.context_scripts import MOST_FILES, TooManyScriptsError

if TYPE_CHECKING:
    from dfix.rewriter.model import Step
    from dfix.rewriter.model.cache_use import CacheUse
    from dfix.transforms.clean_up.removed_files import Search


def is_not_own(search: Search, step: Step, cache_use: CacheUse) -> None:
    """Raise LeaveAlone where an instruction puts a program of the manager's name into a folder of PATH."""
    scripts = search.scripts
    for use in cache_use.filled_by:
        name = program_name(use.located.words[0])
        try:
            found = scripts.in_search_path(name, use.located, step)
        except TooManyScriptsError:
            told = f"`{name}` may be a file of the build context, which has more than {MOST_FILES} files"
            raise LeaveAlone("program-changes", told) from None
        if found:
            folder, path = found[0]
            made = scripts.placed.made.text(path) is not None
            how = "the Dockerfile itself writes" if made else f"a COPY puts into {folder}"
            raise LeaveAlone("program-changes", f"`{name}` may be {path}, which {how}")

"""What install hooks call, as far as it is known what that reads: hook_programs.toml."""

from __future__ import annotations

import os
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table

_TABLE = os.path.join(os.path.dirname(__file__), "hook_programs.toml")


class HookPrograms(NamedTuple):
    """The programs, packages and modules of the table."""

    harmless: frozenset[str]
    """Programs that read no file of the project but package.json."""
    asking: frozenset[str]
    """Programs that ask whether a file is there."""
    prefixes: frozenset[str]
    """Programs that run the one that follows."""
    install_git_hooks: frozenset[str]
    git_hook_packages: tuple[str, ...]
    """Packages whose own install hook writes to .git/hooks."""
    first_without_git_hook: dict[str, int]
    """Of these, the first major version that does not."""
    harmless_modules: frozenset[str]
    """What a script may import without reading a file."""


@cache
def hook_programs() -> HookPrograms:
    """The table."""
    table = own_table(_TABLE)
    programs, git_hooks, modules = table["programs"], table["git-hooks"], table["modules"]
    return HookPrograms(
        harmless=frozenset(programs["harmless"]),
        asking=frozenset(programs["ask"]),
        prefixes=frozenset(programs["prefixes"]),
        install_git_hooks=frozenset(programs["install-git-hooks"]),
        git_hook_packages=tuple(git_hooks["packages"]),
        first_without_git_hook=git_hooks["first-without"],
        harmless_modules=frozenset((*modules["of-node"], *modules["print-only"])),
    )

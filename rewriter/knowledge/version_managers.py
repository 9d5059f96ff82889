"""Programs that choose the version of a runtime by a file of the project: version_managers.toml."""

from __future__ import annotations

import os
import re
from functools import cache

from dfix.rewriter.text.named_tuple import NamedTuple
from dfix.rewriter.text.own_data import own_table, own_text

_TABLE = os.path.join(os.path.dirname(__file__), "version_managers.toml")


class VersionManager(NamedTuple):
    """A program whose commands look for a file in the working folder, and in those above it."""

    name: str
    evidence: tuple[str, ...]
    """Words in lower case, of which each shows that the image has it."""
    files: tuple[str, ...]
    """Plain files that it reads."""
    code: tuple[str, ...]
    """Files that it reads, and that may name others or run commands."""
    extends: bool
    """Whether it reads `volta` of package.json, whose `extends` names another file."""
    commands: frozenset[str]
    """The programs whose version it chooses; none: any."""
    until: str
    """A text in one of `files` with which it looks in no folder above; "" where it stops at the first file."""

    def is_named_in(self, text: str) -> bool:
        """Whether a text in lower case has one of the words that show it."""
        return any(word in text and re.search(rf"(?<!\w){re.escape(word)}(?![a-z0-9])", text) for word in self.evidence)


@cache
def version_managers() -> tuple[VersionManager, ...]:
    """Every one of the table, in its order."""
    return tuple(
        VersionManager(
            row["name"],
            tuple(row["evidence"]),
            tuple(row.get("files", ())),
            tuple(row.get("code", ())),
            row.get("extends", False),
            frozenset(row.get("commands", ())),
            row.get("until", ""),
        )
        for row in own_table(_TABLE)["program"]
    )


@cache
def version_files(program: str) -> tuple[str, ...]:
    """The files by which the version of a program is always chosen, whatever is installed: in its folder, or above."""
    if f'"{program}"' not in own_text(_TABLE):
        return ()
    names = (name for manager in version_managers() if program in manager.commands for name in manager.files)
    return tuple(dict.fromkeys(names))

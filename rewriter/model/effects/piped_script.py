"""Install scripts that an interpreter reads from a download: `curl https://getcomposer.org/installer | php -- …`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.knowledge.program_table import ProgramRow, interprets, of_kind, row
from dfix.rewriter.model.effects.given_words import Arguments, split_arguments
from dfix.rewriter.shell.walk import program_name

if TYPE_CHECKING:
    from dfix.rewriter.model.commands import Located
    from dfix.rewriter.shell.nodes import Word

_MARKS = frozenset(("-", "--", "-s"))
"""What an interpreter may be given before the arguments of a script that it reads from its input."""


def piped_script(command: Located) -> tuple[ProgramRow, Arguments] | None:
    """The row of a known install script that a command reads from a download, and what the script is given.

    None for any other command, and for a script of which the table does not say what it reads and writes.
    """
    if not command.fed_by or program_name(command.fed_by[0]) not in of_kind("downloads"):
        return None
    program = program_name(command.words[0])
    if program not in of_kind("shell") and not interprets(program):
        return None
    known = _script(command.fed_by)
    given = command.words[1:]
    at = next((at for at, word in enumerate(given) if word.literal_or_text not in _MARKS), len(given))
    if known is None or known.operands == "anything" or (given and not at):
        return None
    return known, split_arguments(given[at:], known)


def _script(download: tuple[Word, ...]) -> ProgramRow | None:
    """The row of the one script that a download prints."""
    addresses = [word.literal_or_text for word in download[1:] if "://" in word.text]
    if len(addresses) != 1:
        return None
    name = next((name for name in sorted(of_kind("installer")) if name in addresses[0]), "")
    return row(name) if name else None

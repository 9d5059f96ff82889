"""The effects of one command."""

from __future__ import annotations

from dfix.rewriter.knowledge.program_table import Cost, Leaves
from dfix.rewriter.text.named_tuple import NamedTuple

CURRENT_FOLDER = "the current folder"
"""How a message calls `.`."""


class Place(NamedTuple):
    """A file or folder of the image, with everything below it."""

    path: str
    """Absolute; `*/…` is below an unknown folder (a user's home)."""
    shown: str
    """What names it, for messages: usually a word of the command."""
    verb: str
    """What the command does with it: "reads", "changes", or "names" if that is unknown."""


class Effects(NamedTuple):
    """What a command does to the image."""

    shown: str
    """The command as the author wrote it, shortened."""
    reads: tuple[Place, ...] = ()
    writes: tuple[Place, ...] = ()
    anything: str = ""
    """Why it may read and write any file, as the rest of a sentence that begins with the command; "" if it may not."""
    cost: Cost = "slow"
    network: bool = False
    leaves: frozenset[Leaves] = frozenset()
    starts: tuple[str, ...] = ()
    """The programs that it starts and of which nothing is known; a shell or a script may start more."""

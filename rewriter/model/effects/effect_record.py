"""The effects of one command."""

from __future__ import annotations

from typing import NamedTuple

from dfix.rewriter.knowledge.program_table import Cost, Leaves


class Place(NamedTuple):
    """A file or folder of the image, with all that lies below it."""

    path: str
    """Absolute; `*/…` lies below a folder that is not known (a user's home)."""
    shown: str
    """The word that names it, or what does."""
    verb: str
    """What the command does with it: "reads", "changes", or "names" where that is not known."""


class Effects(NamedTuple):
    """What a command does to the image."""

    shown: str
    """The command as the author wrote it, shortened."""
    reads: tuple[Place, ...] = ()
    writes: tuple[Place, ...] = ()
    anything: str = ""
    """Why it may read and write any file, as the rest of a sentence that begins with the command; "" if it does not."""
    cost: Cost = "slow"
    network: bool = False
    leaves: frozenset[Leaves] = frozenset()
    starts: tuple[str, ...] = ()
    """The programs that it may start, where they are named; a shell or a script may start any."""

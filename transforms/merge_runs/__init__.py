"""Making one RUN of neighbours: what each does, what is gained, and what would differ in one shell."""

from typing import NamedTuple


class Blocker(NamedTuple):
    """Why neighbours stay apart: `code` for statistics, `reason` a sentence, `hint` what would allow it."""

    code: str
    reason: str
    hint: str = ""

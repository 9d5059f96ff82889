"""Package caches: what fills them, what empties them, and who needs them later."""

from typing import NamedTuple


class Obstacle(NamedTuple):
    """Why a clean-up is not added: `code` for statistics, `reason` a sentence, `hint` what would allow it."""

    code: str
    reason: str
    hint: str = ""

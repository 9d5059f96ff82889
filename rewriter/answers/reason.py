"""Why a place is left alone."""

from __future__ import annotations

from typing import NamedTuple


class Reason(NamedTuple):
    """Why a place is left alone."""

    code: str
    """Groups reasons for statistics."""
    text: str
    """One sentence about the author's own lines."""
    hint: str = ""
    """What would allow the change, where there is such a thing."""

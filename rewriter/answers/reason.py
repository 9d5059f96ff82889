"""Why a place is left alone: one record, raised where it is found and caught once for each candidate place."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, ParamSpec, TypeVar

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Reason(NamedTuple):
    """Why a place is left alone."""

    code: str
    """Groups reasons for statistics; a page of docs/reasons has this name."""
    text: str
    """One sentence about the author's own lines."""
    hint: str = ""
    """What would allow the change, where there is such a thing."""


class LeaveAlone(Exception):  # noqa: N818  # an answer, not an error
    """Ends the work on a candidate place. Takes the parts of a Reason: code, text and hint."""

    def __init__(self, code: str, text: str, hint: str = "") -> None:
        super().__init__(code, text, hint)
        self.reason = Reason(code, text, hint)


def attempt(ask: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | Reason:
    """What `ask` answers, or why it leaves the place alone: for those who keep the answer, or try another way first."""
    try:
        return ask(*args, **kwargs)
    except LeaveAlone as no:
        return no.reason

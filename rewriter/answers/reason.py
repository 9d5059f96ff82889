"""Why a place is left alone: a record, raised at any depth and caught once for each place that a rule considers."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from dfix.rewriter.text.named_tuple import NamedTuple

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Reason(NamedTuple):
    """Why a place is left alone."""

    code: str
    """A name of reasons.toml: reasons are counted by it, and a page of docs/reasons has its name."""
    text: str
    """One sentence about the author's own lines: what dfix saw, and why it prevents the change."""
    hint: str = ""
    """An instruction that makes the change possible; "" when there is none."""


class LeaveAlone(Exception):  # noqa: N818  # an answer, not an error
    """Raised to leave a place alone. Takes the parts of a Reason: code, text and hint."""

    def __init__(self, code: str, text: str, hint: str = "") -> None:
        super().__init__(code, text, hint)
        self.reason = Reason(code, text, hint)


def attempt(ask: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T | Reason:
    """Call `ask` and return its result, or the Reason of a LeaveAlone that it raises.

    For callers that keep the reason, or try another way first; other exceptions pass through.
    """
    try:
        return ask(*args, **kwargs)
    except LeaveAlone as refusal:
        return refusal.reason

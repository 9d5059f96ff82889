"""What the module of a rule contains, in dfix or a plug-in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from dfix.rewriter.answers.change import Change, Contract, Refusal

if TYPE_CHECKING:
    from dfix.rewriter.answers.example import Example
    from dfix.rewriter.model import Model


class Transform(Protocol):
    """The contents of a transform's module. `CODES` are the hadolint and BuildKit checks that it covers.

    Transforms run in ascending `ORDER`. The module's docstring is the rule's page. A module may also set `OPT_IN`,
    `READS_SOURCES` and `MAY_DROP`, which the functions below explain.
    """

    NAME: str
    SUMMARY: str
    CONTRACT: Contract
    CODES: tuple[str, ...]
    ORDER: int
    EXAMPLES: tuple[Example, ...]
    __doc__: str

    def propose(self, model: Model) -> Iterator[Change | Refusal]:
        """Yield changes to, and refusals of, places in the model; never changes text itself."""


def is_opt_in(transform: Transform) -> bool:
    """Whether a transform runs only if it is selected by name, and then without --unsafe (`OPT_IN = True`)."""
    return bool(getattr(transform, "OPT_IN", False))


def is_unsafe_by_name(transform: Transform) -> bool:
    """Whether who selects a transform by name is told that it makes another image, so that no --unsafe is needed."""
    return is_opt_in(transform) and transform.CONTRACT == "changed-image"


def reads_sources(transform: Transform) -> bool:
    """Whether a transform reads the sources in the context (`READS_SOURCES = True`).

    Reading takes time, so such a transform runs only if it is selected by name, or with --unsafe: without that, none
    of its changes would apply anyway.
    """
    return bool(getattr(transform, "READS_SOURCES", False))


def may_drop(transform: Transform) -> frozenset[str]:
    """Keywords of the instructions that a transform may remove or reword (`MAY_DROP = ("WORKDIR",)`).

    A result that loses any other word of the file is a bug of the transform, whatever its contract.
    """
    return frozenset(getattr(transform, "MAY_DROP", ()))

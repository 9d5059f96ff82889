"""Finding the transforms: every module of the `transforms` package is one, in the order of its ORDER."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rewriter.change import Change, Contract, Refusal

if TYPE_CHECKING:
    from rewriter.model import Model
    from transforms.example import Example


class Transform(Protocol):
    """What a transform's module holds. `CODES` are the hadolint and BuildKit checks that it answers.

    Transforms run by rising `ORDER`. The module's docstring is the rule's page.
    """

    NAME: str
    SUMMARY: str
    CONTRACT: Contract
    CODES: tuple[str, ...]
    ORDER: int
    EXAMPLES: tuple[Example, ...]
    __doc__: str

    def propose(self, model: Model) -> Iterator[Change | Refusal]:
        """Changes on, and refusals of, places of the model; never touches text itself."""


class RuleInfo(NamedTuple):
    """A transform for people: `doc` is Markdown."""

    name: str
    summary: str
    contract: Contract
    codes: tuple[str, ...]
    doc: str
    examples: tuple[Example, ...]


@cache
def transforms() -> tuple[Transform, ...]:
    """Every transform of the package, in the order in which the pipeline runs them."""
    import pkgutil

    import transforms as package

    found: list[Transform] = []
    for module in pkgutil.iter_modules(package.__path__):
        loaded = importlib.import_module(f"{package.__name__}.{module.name}")
        if hasattr(loaded, "propose"):
            found.append(loaded)  # type: ignore[arg-type]  # a module as a protocol's instance
    return tuple(sorted(found, key=lambda transform: transform.ORDER))


def rules() -> tuple[RuleInfo, ...]:
    """Every rule with its documentation, by name."""
    infos = (RuleInfo(t.NAME, t.SUMMARY, t.CONTRACT, t.CODES, t.__doc__, t.EXAMPLES) for t in transforms())
    return tuple(sorted(infos))


def codes_of(rule: str) -> Sequence[str]:
    """The foreign check codes that a rule answers."""
    return next((transform.CODES for transform in transforms() if rule == transform.NAME), ())

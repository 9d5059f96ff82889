"""Finding the transforms: each module of the `transforms` package, or `rule` of each folder in it, by its ORDER."""

from __future__ import annotations

import importlib
import os
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from dfix.rewriter.answers.change import Change, Contract, Refusal

if TYPE_CHECKING:
    from dfix.rewriter.answers.example import Example
    from dfix.rewriter.model import Model


class Transform(Protocol):
    """What a transform's module holds. `CODES` are the hadolint and BuildKit checks that it answers.

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
        """Changes on, and refusals of, places of the model; never touches text itself."""


def is_opt_in(transform: Transform) -> bool:
    """Whether a transform runs only when it is selected by name, and then without --unsafe (`OPT_IN = True`)."""
    return bool(getattr(transform, "OPT_IN", False))


def reads_sources(transform: Transform) -> bool:
    """Whether a transform reads the sources in the context (`READS_SOURCES = True`).

    That takes time, so such a transform runs only with --unsafe, without which none of its changes apply, or when it
    is selected by name.
    """
    return bool(getattr(transform, "READS_SOURCES", False))


def may_drop(transform: Transform) -> frozenset[str]:
    """Keywords of the instructions that a transform may remove or reword (`MAY_DROP = ("WORKDIR",)`).

    A result that lacks any other word of the author is a bug of the transform, whatever its contract.
    """
    return frozenset(getattr(transform, "MAY_DROP", ()))


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
    import dfix.transforms as package

    found: list[Transform] = []
    for name in _modules(list(package.__path__)):
        loaded = importlib.import_module(f"{package.__name__}.{name}")
        if hasattr(loaded, "propose"):
            found.append(cast("Transform", loaded))
    return tuple(sorted(found, key=lambda transform: transform.ORDER))


def _modules(folders: list[str]) -> list[str]:
    """The names of the modules in a package's folders."""
    if all(map(os.path.isdir, folders)):
        # what pkgutil does, without its import of inspect, which takes longer than all of this
        return sorted(_rules_in(folders))
    import pkgutil

    return [f"{module.name}.rule" if module.ispkg else module.name for module in pkgutil.iter_modules(folders)]


def _rules_in(folders: list[str]) -> Iterator[str]:
    """A rule is a module, or a folder with `rule.py`: a folder of another branch may be left with caches alone."""
    for folder in folders:
        for entry in os.scandir(folder):
            if entry.name[:2] == "__":
                continue
            if entry.name.endswith(".py"):
                yield entry.name[:-3]
            elif os.path.isfile(os.path.join(entry.path, "rule.py")):
                yield f"{entry.name}.rule"


def rules() -> tuple[RuleInfo, ...]:
    """Every rule with its documentation, by name."""
    infos = (RuleInfo(t.NAME, t.SUMMARY, t.CONTRACT, t.CODES, t.__doc__, t.EXAMPLES) for t in transforms())
    return tuple(sorted(infos))

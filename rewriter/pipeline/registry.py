"""Finding the transforms: each module of the `transforms` package, or `rule` of each folder in it, and plug-ins."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, cast

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.pipeline.installed_plugins import find
from dfix.rewriter.pipeline.transform import Transform, is_opt_in
from dfix.rewriter.text.named_tuple import NamedTuple

if TYPE_CHECKING:
    from dfix.rewriter.answers.example import Example
    from dfix.rewriter.pipeline.plugins import PluginFault, PluginRule

OWN = "dfix"
"""The origin of the rules in the `transforms` package."""


class RuleInfo(NamedTuple):
    """The public description of a rule."""

    name: str
    summary: str
    contract: Contract
    codes: tuple[str, ...]
    doc: str
    """Markdown."""
    examples: tuple[Example, ...]
    origin: str = OWN
    """Where it comes from: OWN, or the name and version of a distribution."""
    opt_in: bool = False
    """Whether it runs only if it is selected by name."""


@cache
def transforms() -> tuple[Transform, ...]:
    """All transforms of dfix itself, in the order in which the pipeline runs them."""
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
        # like pkgutil, but without importing inspect, which takes longer than everything here
        return sorted(_rules_in(folders))
    import pkgutil

    return [f"{module.name}.rule" if module.ispkg else module.name for module in pkgutil.iter_modules(folders)]


def _rules_in(folders: list[str]) -> Iterator[str]:
    """A rule is a module, or a folder with `rule.py` (switching branches may leave folders with only `__pycache__`)."""
    for folder in folders:
        for entry in os.scandir(folder):
            if entry.name[:2] == "__":
                continue
            if entry.name.endswith(".py"):
                yield entry.name[:-3]
            elif os.path.isfile(os.path.join(entry.path, "rule.py")):
                yield f"{entry.name}.rule"


@cache
def _plugins() -> tuple[tuple[PluginRule, ...], tuple[PluginFault, ...]]:
    found = find(sys.path)
    if not found:  # the usual case, which must stay fast
        return (), ()
    from dfix.rewriter.pipeline.plugins import load

    return load(found, frozenset(transform.NAME for transform in transforms()))


def plugin_rules() -> tuple[PluginRule, ...]:
    """The rules of plug-ins."""
    return _plugins()[0]


def plugin_faults() -> tuple[PluginFault, ...]:
    """The faults of plug-ins that could not be loaded."""
    return _plugins()[1]


def rules(*, with_plugins: bool = True) -> tuple[RuleInfo, ...]:
    """The description of every rule, sorted by name."""
    infos = [_info(transform, OWN) for transform in transforms()]
    if with_plugins:
        infos += [_info(rule.transform, rule.plugin.distribution) for rule in plugin_rules()]
    return tuple(sorted(infos))


def rule_names(*, with_plugins: bool = True) -> frozenset[str]:
    """The rule names that settings and flags accept.

    They include plug-ins that could not be loaded: settings that name one are not wrong.
    """
    own = frozenset(transform.NAME for transform in transforms())
    return own.union(found.plugin.name for part in _plugins() for found in part) if with_plugins else own


def _info(transform: Transform, origin: str) -> RuleInfo:
    t = transform
    return RuleInfo(t.NAME, t.SUMMARY, t.CONTRACT, t.CODES, t.__doc__, t.EXAMPLES, origin, is_opt_in(t))

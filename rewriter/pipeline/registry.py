"""Finding the transforms: each module of the `transforms` package, or `rule` of each folder in it, and plug-ins."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, cast

from dfix.rewriter.answers.change import Contract
from dfix.rewriter.pipeline.installed_plugins import find
from dfix.rewriter.pipeline.transform import Transform

if TYPE_CHECKING:
    from dfix.rewriter.answers.example import Example
    from dfix.rewriter.pipeline.plugins import PluginFault, PluginRule

OWN = "dfix"
"""What brings the rules of the `transforms` package."""


class RuleInfo(NamedTuple):
    """A transform for people."""

    name: str
    summary: str
    contract: Contract
    codes: tuple[str, ...]
    doc: str
    """Markdown."""
    examples: tuple[Example, ...]
    origin: str = OWN
    """What brings it: OWN, or the name and version of a distribution."""


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


@cache
def _plugins() -> tuple[tuple[PluginRule, ...], tuple[PluginFault, ...]]:
    found = find(sys.path)
    if not found:  # as for most users, who must not wait for what follows
        return (), ()
    from dfix.rewriter.pipeline.plugins import load

    return load(found, frozenset(transform.NAME for transform in transforms()))


def plugin_rules() -> tuple[PluginRule, ...]:
    """The rules that other distributions bring."""
    return _plugins()[0]


def plugin_faults() -> tuple[PluginFault, ...]:
    """Which plug-ins could not be loaded, and why."""
    return _plugins()[1]


def rules(*, with_plugins: bool = True) -> tuple[RuleInfo, ...]:
    """Every rule with its documentation, by name."""
    infos = [_info(transform, OWN) for transform in transforms()]
    if with_plugins:
        infos += [_info(rule.transform, rule.plugin.distribution) for rule in plugin_rules()]
    return tuple(sorted(infos))


def rule_names(*, with_plugins: bool = True) -> frozenset[str]:
    """The names that a user can give.

    Plug-ins that could not be loaded are among them: settings that name one are not wrong for that.
    """
    own = frozenset(transform.NAME for transform in transforms())
    return own.union(found.plugin.name for part in _plugins() for found in part) if with_plugins else own


def _info(transform: Transform, origin: str) -> RuleInfo:
    t = transform
    return RuleInfo(t.NAME, t.SUMMARY, t.CONTRACT, t.CODES, t.__doc__, t.EXAMPLES, origin)

"""Reads YAML with the parser in C, where PyYAML has one, and says which texts that parser must not see."""

from __future__ import annotations

from typing import Any

from dfix.rewriter.text.expression import expression

DEEPEST = 100
"""Levels of nested lists and mappings in a YAML file."""
_BRACKET = expression(r"[\[\]{}]")
_NESTED_IN_LINE = expression(rf"(?:[-?:] +){{{DEEPEST}}}")
"""`- - - x`: each is a level, and the parser takes the square of their number."""


def is_deep(text: str) -> bool:
    """Whether lists and mappings may be nested so deeply that the parser, which recurses, must not see them."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):  # counting quoted ones too only refuses more
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    return deepest > DEEPEST or _NESTED_IN_LINE.search(text) is not None


def load(text: str) -> Any:
    """The content of a YAML text. Raises yaml.YAMLError, RecursionError or ValueError for one that is not valid."""
    import yaml

    return yaml.load(text, Loader=_loader())


def has_alias(text: str) -> bool:
    """Whether a YAML text has an alias (`*name`), of which a few can expand without bound. Raises as `load` does."""
    if "*" not in text:
        return False
    import yaml

    return any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=_loader()))


def _loader() -> Any:
    import yaml

    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)

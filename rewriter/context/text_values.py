"""Variables that a Makefile, script or CI file sets to a plain text, and their uses in the same file."""

from __future__ import annotations

import re

from dfix.rewriter.text.expression import expression

_ASSIGNMENT = expression(
    r"^[ \t]*+(?:(?:export|readonly|override|local|-)[ \t]++)?(?P<name>[A-Za-z_]\w*+)[ \t]*+"
    r"(?:[:?]{0,3}=|:[ \t])[ \t]*+(?P<quote>[\"']?)(?P<value>[\w./:@${}()-]{1,200}+)(?P=quote)[ \t]*+;?$",
    re.MULTILINE,
)
_USE = expression(
    r"\$(?:\{\{\s?(?:\w+\.)?(?P<expression>\w+)\s?\}\}|\((?P<round>\w+)\)|\{(?P<curly>\w+)\}|(?P<plain>\w+))"
    r"|\{\{\s?\.?(?P<task>\w+)\s?\}\}"
)
_MOST_USES = 2000
_LONGEST = 500
"""Characters of a value, which a variable that contains itself would make longer and longer."""
_MOST_DEEP = 3


def with_values(text: str) -> str:
    """A text in which the variables that it sets itself are replaced; of several values, the first counts.

    `IMAGE := me/base` makes `docker run $(IMAGE)` to `docker run me/base`.
    """
    if "$" not in text and "{{" not in text:
        return text
    values: dict[str, str] = {}
    for found in _ASSIGNMENT.finditer(text):
        values.setdefault(found["name"], found["value"])
    if not values:
        return text
    for _ in range(_MOST_DEEP):
        values = {name: _filled(value, values) for name, value in values.items()}
    return _filled(text, values)


def _filled(text: str, values: dict[str, str]) -> str:
    return _USE.sub(
        lambda use: values.get(next(filter(None, use.groups()), ""), use[0])[:_LONGEST], text, count=_MOST_USES
    )

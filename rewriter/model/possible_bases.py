"""Which stages a FROM with a variable may build on: `FROM base-${TARGETARCH}`, `FROM ${VARIANT}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfix.rewriter.dockerfile.expand import expand_known, names
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.wildcard import ANYTHING, Wildcard

VARIABLE = expression(r"\$(?:\{[^}]*\}|\w+)")


def may_build_on(stage: Stage, other: Stage, stages: Sequence[Stage]) -> bool:
    """Whether a build argument may make a stage build on another one before it.

    A default that names a stage tells that the argument chooses among stages; one that names no stage names an image.
    """
    if stage.parent is not None or "$" not in stage.image or other.name is None or other.index >= stage.index:
        return False
    image = _with_defaults(stage)
    if image is not None and image.lower() not in {one.name for one in stages[: stage.index]}:
        return False
    return with_any_values(stage.image.lower()).matches(other.name)


def with_any_values(word: str) -> Wildcard:
    """What a word may be, whatever its variables are."""
    first, *rest = VARIABLE.split(word)
    between = (token for text in rest for token in (ANYTHING, *text))
    return Wildcard((*first, *between))


def _with_defaults(stage: Stage) -> str | None:
    """The name that the defaults of the build arguments make; None where one has no default."""
    values: Mapping[str, str | None] = stage.defaults
    try:
        return expand_known(stage.image, values) if names(stage.image) <= values.keys() else None
    except ExpansionError:
        return None

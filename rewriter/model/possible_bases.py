"""Which stages a FROM with a variable may build on: `FROM base-${TARGETARCH}`, `FROM ${VARIANT}`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfix.rewriter.dockerfile.expand import expand_known, names
from dfix.rewriter.dockerfile.expansion import ExpansionError
from dfix.rewriter.model.stage import Stage
from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.wildcard import ANYTHING, Wildcard

_VARIABLE = expression(r"\$(?:\{|\w+)")
_BRACE = expression(r"\$\{|\}")


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
    first, *rest = around_variables(word)
    between = (token for text in rest for token in (ANYTHING, *text))
    return Wildcard((*first, *between))


def around_variables(word: str) -> list[str]:
    """The texts before, between and after the variables of a word; `${A:-${B}}` is one variable."""
    texts, start = [], 0
    while (found := _VARIABLE.search(word, start)) is not None:
        texts.append(word[start : found.start()])
        start = found.end() if found[0] != "${" else _after_brace(word, found.end())
    return [*texts, word[start:]]


def _after_brace(word: str, start: int) -> int:
    """Where the `${` before `start` has ended."""
    depth = 1
    for brace in _BRACE.finditer(word, start):
        depth += 1 if brace[0] == "${" else -1
        if depth == 0:
            return brace.end()
    return len(word)


def _with_defaults(stage: Stage) -> str | None:
    """The name that the defaults of the build arguments make; None where one has no default."""
    values: Mapping[str, str | None] = stage.defaults
    try:
        return expand_known(stage.image, values) if names(stage.image) <= values.keys() else None
    except ExpansionError:
        return None

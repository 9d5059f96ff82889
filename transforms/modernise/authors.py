"""MAINTAINER as the label that took its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered
from dfix.transforms.modernise.keyword_casing import keyword_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change
    from dfix.rewriter.model import Model

_CHECKS = ("MaintainerDeprecated", "DL4000")
_LABEL = "org.opencontainers.image.authors"
"""What Docker's reference names in place of MAINTAINER (https://docs.docker.com/reference/dockerfile/#maintainer-deprecated)."""


def authors(model: Model) -> Iterator[Change]:
    """Write each MAINTAINER as a label. The image's configuration is another then.

    One with a `#` stays: that was meant as a comment, but is part of the author.
    """
    if _LABEL in model.source.text:
        return
    for instruction in model.tree.instructions:
        span = instruction.value_span
        if instruction.keyword != "MAINTAINER" or "#" in instruction.value:
            continue
        if span.end - span.start != len(instruction.value):  # it is on several lines
            continue
        keyword = keyword_of(instruction)
        word = f"{_LABEL}={_quoted(instruction.value, instruction.escape)}"
        text = f"{'label' if keyword == keyword.lower() else 'LABEL'} {word}"
        reason = f"MAINTAINER is deprecated; the label {_LABEL} says the same, but the author field is gone"
        edit = Edit(Span(instruction.keyword_span.start, span.end), text)
        yield answered(instruction, _CHECKS, (edit,), reason, "changed-image")


def _quoted(value: str, escape: str) -> str:
    """The text in quotes; those that its author wrote around it go, others and `$` stay as MAINTAINER keeps them."""
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" and value[0] not in value[1:-1]:
        value = value[1:-1]
    for special in (escape, '"', "$"):
        value = value.replace(special, escape + special)
    return f'"{value}"'

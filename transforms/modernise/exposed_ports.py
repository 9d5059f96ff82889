"""EXPOSE with protocols in lower case, as BuildKit stores them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change
    from dfix.rewriter.model import Model

_CHECKS = ("ExposeProtoCasing",)
_PORT = expression(r"[\w.:${}\[\]-]+/(TCP|UDP|SCTP)", re.IGNORECASE)


def exposed_ports(model: Model) -> Iterator[Change]:
    """Change each EXPOSE that has a protocol in upper case."""
    for instruction in model.tree.instructions:
        if instruction.keyword != "EXPOSE":
            continue
        edits = []
        for word in instruction.words:
            port = _PORT.fullmatch(word.text)
            if port is not None and port[1] != port[1].lower() and word.span.end - word.span.start == len(word.text):
                edits.append(Edit(Span(word.span.end - len(port[1]), word.span.end), port[1].lower()))
        if edits:
            yield answered(instruction, _CHECKS, edits, "BuildKit stores protocols of EXPOSE in lower case")

"""Rules with nothing to them, so that the scripts of this folder test the command line and no transform."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.text.source import Edit, Span

if TYPE_CHECKING:
    from dfix.rewriter.model import Model

Found = Iterator[Change | Refusal]


def _rule(name: str, contract: Contract, old: str, new: str, reason: str) -> SimpleNamespace:
    """Replaces the first `old` line; refuses the first `RUN hush NAME`."""

    def propose(model: Model) -> Found:
        text = model.source.text
        at = text.find(old)
        if at >= 0:
            yield Change(name, at, (Edit(Span(at, at + len(old)), new),), reason, contract)
        at = text.find(f"RUN hush {name}")
        if at >= 0:
            yield Refusal(name, at, "hushed", "nobody may hear this", "say it louder")

    return SimpleNamespace(
        NAME=name,
        SUMMARY=f"writes {new.split()[1]} for {old.split()[1]}",
        CONTRACT=contract,
        CODES=("DL9001",) if name == "loud" else (),
        ORDER=1,
        EXAMPLES=(
            Example("it changes", f"FROM a\n{old}\n", f"FROM a\n{new}\n"),
            Example("it must not", f"FROM a\nRUN hush {name}\n", because="nobody may hear this", files={"x": ""}),
        ),
        __doc__=f"Writes `{new.splitlines()[0]}`.\n\n**Why.** {reason.capitalize()}.\n",
        propose=propose,
    )


def _mishap(model: Model) -> Found:
    """What must never happen, and does when a file asks for it."""
    text = model.source.text
    if "RUN crash" in text:
        raise RuntimeError("all is\nlost")
    if "RUN die" in text:
        os._exit(9)
    if "RUN sleep" in text:
        time.sleep(30)
    at = text.find("RUN break")
    if at >= 0:
        yield Change("mishap", at, (Edit(Span(at, at + 3), "RAN"),), "it must be wrong", "same-image")


MISHAP = SimpleNamespace(
    NAME="mishap", SUMMARY="goes wrong", CONTRACT="same-image", CODES=(), ORDER=9, EXAMPLES=(), __doc__="Goes wrong.",
    propose=_mishap,
)  # fmt: skip
RULES = (
    _rule("loud", "same-image", "RUN quiet", "RUN loud", "quiet is too quiet"),
    _rule("tidy", "same-but-caches", "RUN mess", "RUN litter \\\n    && tidy", "the mess stays in the layer"),
    _rule("swap", "changed-image", "FROM old", "FROM new", "old is too old"),
    MISHAP,
)

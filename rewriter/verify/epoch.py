"""SOURCE_DATE_EPOCH: the time that a build takes for now, in seconds since 1970."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from dfix.rewriter.text.expression import expression

if TYPE_CHECKING:
    from dfix.rewriter.dockerfile import Tree

EPOCH = "SOURCE_DATE_EPOCH"
_SECONDS = expression(r"[0-9]{1,12}")


def epoch_of(args: Sequence[str], environment: Mapping[str, str], tree: Tree) -> int | None:
    """SOURCE_DATE_EPOCH from `--set`, the environment, or the ARG before the first FROM; None if it is not set."""
    for arg in reversed(args):
        name, sign, value = arg.partition("=")
        if name == EPOCH:
            return seconds(value if sign else environment.get(EPOCH, ""))
    if environment.get(EPOCH):
        return seconds(environment[EPOCH])
    return _in_file(tree)


def seconds(text: str) -> int | None:
    """A value of SOURCE_DATE_EPOCH; None for what is none."""
    return int(text) if _SECONDS.fullmatch(text) else None


def _in_file(tree: Tree) -> int | None:
    """The default that a Dockerfile gives for all of its stages (newer versions of BuildKit take it, too)."""
    found = None
    for instruction in tree.instructions:
        if instruction.keyword == "FROM":
            break
        if instruction.keyword == "ARG":
            for word in instruction.words:
                name, sign, value = word.text.partition("=")
                if name == EPOCH and sign:
                    found = seconds(value.strip("\"'"))
    return found

"""Comments above ARG and FROM that BuildKit takes for descriptions, in files that ask for that check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.text.expression import expression
from dfix.rewriter.text.source import Edit, Span
from dfix.transforms.modernise.answered import answered

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dfix.rewriter.answers.change import Change
    from dfix.rewriter.dockerfile import Instruction, Tree
    from dfix.rewriter.model import Model

_CHECK = "InvalidDefinitionDescription"
_FOR_TOOLS = expression(r"#\s*(?:hadolint|dfix:|check\s*=|tally|syntax)")
_WITH_NAME = 3


def descriptions(model: Model) -> Iterator[Change]:
    """Part each such comment from the instruction by an empty line."""
    if not _is_asked_for(model.tree):
        return
    for instruction in model.tree.instructions:
        comments = _comments_above(model.tree, instruction)
        defined = _defined(instruction)
        if not comments or not defined or any(map(_FOR_TOOLS.match, comments)):
            continue
        last = comments[-1][1:].strip()
        if last and last.split(" ")[0] not in defined:
            start = instruction.span.start
            reason = f"The comment above `{instruction.keyword} {defined[0]}` does not begin with its name"
            yield answered(instruction, (_CHECK,), (Edit(Span(start, start), "\n"),), reason)


def _is_asked_for(tree: Tree) -> bool:
    for option in (tree.directive("check") or "").split(";"):
        key, _, names = option.partition("=")
        if key.strip() == "experimental" and {name.strip() for name in names.split(",")} & {"all", _CHECK}:
            return True
    return False


def _defined(instruction: Instruction) -> list[str]:
    """The arguments or the stage that an instruction defines."""
    words = [word.text for word in instruction.words]
    if instruction.keyword == "ARG":
        return [word.partition("=")[0] for word in words]
    return [words[2].lower()] if instruction.keyword == "FROM" and len(words) == _WITH_NAME else []


def _comments_above(tree: Tree, instruction: Instruction) -> list[str]:
    """The comments that BuildKit counts to an instruction: those directly above it, without parser directives."""
    at = tree.nodes.index(instruction)
    comments: list[str] = []
    while at and getattr(tree.nodes[at - 1], "kind", "") == "comment":
        at -= 1
        span = tree.nodes[at].span
        comments.insert(0, tree.source.text[span.start : span.end].strip())
    return comments

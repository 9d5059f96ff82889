"""Keywords in the case that most instructions of the file have, as BuildKit counts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dfix.rewriter.text.source import Edit
from dfix.transforms.modernise.answered import answered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dfix.rewriter.answers.change import Change
    from dfix.rewriter.dockerfile import Instruction, Tree
    from dfix.rewriter.model import Model

_CHECKS = ("ConsistentInstructionCasing",)


def keyword_casing(model: Model) -> Iterator[Change]:
    """Change each keyword that differs from most others."""
    wanted = usual_case(model.tree)
    for instruction in model.tree.instructions:
        word = keyword_of(instruction)
        if word != wanted(word) and len(word) == len(instruction.keyword):  # no line ends within the word
            reason = f"`{word}` is `{wanted(word)}` like the other instructions"
            yield answered(instruction, _CHECKS, (Edit(instruction.keyword_span, wanted(word)),), reason)


def keyword_of(instruction: Instruction) -> str:
    """The keyword as its author wrote it."""
    return instruction.text[instruction.keyword_span.start : instruction.keyword_span.end]


def usual_case(tree: Tree) -> Callable[[str], str]:
    """What makes a keyword look like most: lower case if more of them are, from the first FROM on, else upper case."""
    words: list[str] = []
    for instruction in tree.instructions:
        if words or instruction.keyword == "FROM":
            words.append(keyword_of(instruction))
    lower = sum(word == word.lower() for word in words)
    upper = sum(word == word.upper() for word in words)
    return str.lower if lower > upper else str.upper

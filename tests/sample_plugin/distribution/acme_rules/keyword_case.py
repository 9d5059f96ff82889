"""Writes each instruction's keyword in upper case.

**What it does.** `from debian` becomes `FROM debian`, as Docker's documentation writes it.

**What it promises.** The same image: BuildKit reads keywords in any case.

**When it refuses.** `onbuild` is left as is.

References: https://docs.docker.com/reference/build-checks/consistent-instruction-casing/
"""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.model import Model
from dfix.rewriter.text.source import Edit

NAME = "keyword-case"
SUMMARY = "write keywords in upper case"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ("ConsistentInstructionCasing",)
ORDER = 50

EXAMPLES: tuple[Example, ...] = (
    Example("lower case", "from debian:12\nRUN true\n", "FROM debian:12\nRUN true\n"),
    Example("upper case", "FROM debian:12\nRUN true\n"),
    Example("onbuild", "FROM debian:12\nonbuild RUN true\n", because="runs in another build"),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Look at each instruction."""
    for instruction in model.tree.instructions:
        span = instruction.keyword_span
        written = model.source.text[span.start : span.end]
        if written == instruction.keyword:
            continue
        if instruction.keyword == "ONBUILD":
            yield Refusal(NAME, span.start, "onbuild", f"`{written}` runs in another build")
        else:
            reason = f"`{written}` is written in lower case"
            yield Change(NAME, span.start, (Edit(span, instruction.keyword),), reason, CONTRACT)

"""Start a new transform: `python scripts/new_transform.py NAME` writes transforms/NAME.py, which runs as it is.

It removes a WORKDIR that repeats the one above it: change everything about it. `make docs` then writes its page.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "transforms"
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

_SKELETON = '''\
"""One line: what this rule does.

**What it does.** Why that makes the image smaller or its rebuild faster.

**What it promises.** The same image.

**When it refuses.** Each reason.

References: the page of the documentation that says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.model import Model, Step
from dfix.rewriter.text.source import Edit, Span

NAME = "{name}"
SUMMARY = "one line for the list of rules"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 50

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="the same folder twice",
        before="FROM scratch\\nWORKDIR /app\\nWORKDIR /app\\n",
        after="FROM scratch\\nWORKDIR /app\\n",
    ),
    Example(
        name="a folder within a folder",
        before="FROM scratch\\nWORKDIR app\\nWORKDIR app\\n",
        because="relative",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Look at each pair of steps of each stage."""
    for stage in model.stages:
        for first, second in zip(stage.steps, stage.steps[1:], strict=False):
            if first.keyword == second.keyword == "WORKDIR" and not (first.onbuild or second.onbuild):
                yield from _consider(first, second)


def _consider(first: Step, second: Step) -> Iterator[Change | Refusal]:
    one, other = first.instruction, second.instruction
    if one.value != other.value or one.span.end != other.span.start or other.comments:
        return
    offset = other.keyword_span.start
    if not other.value.startswith("/"):
        yield Refusal(NAME, offset, "relative", f"{{other.value}} is relative: the second one goes a level deeper")
        return
    edit = Edit(Span(one.head_span.end, other.head_span.end), "")
    yield Change(NAME, offset, (edit,), f"{{other.value}} is the working folder already", CONTRACT)
'''


def skeleton(name: str) -> str:
    """The source of a new transform."""
    return _SKELETON.format(name=name)


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="the rule's name: words in lower case, joined by hyphens")
    name = parser.parse_args().name
    if not _NAME.fullmatch(name):
        parser.error(f"{name} is no rule's name: write words in lower case, joined by hyphens")
    path = FOLDER / f"{name.replace('-', '_')}.py"
    if path.exists():
        parser.error(f"{path} is there already")
    path.write_text(skeleton(name), encoding="utf-8")
    print(f"{path}: now change everything about it, and run `make test docs`")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Start a new transform: `.venv/bin/python scripts/new_transform.py NAME` writes transforms/NAME.py and its pages.

The code of its reason gets a row in rewriter/answers/reasons.toml.

The new rule works and passes the whole test suite as it is: it removes a WORKDIR that repeats the one before it.
Replace everything in it with your own.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")

_SKELETON = '''\
"""Removes a WORKDIR that repeats the one before it.

**What it does.** Say which instructions the rule rewrites, and into what.

**Why.** Say what gets faster or smaller, and by how much.

**What it promises.** The same image.

**When it refuses.** Give every reason, in the order in which an author is likely to meet them.

References: [WORKDIR](https://docs.docker.com/reference/dockerfile/#workdir)
"""

from __future__ import annotations

from collections.abc import Iterator

from dfix.rewriter.answers.change import Change, Contract, Refusal
from dfix.rewriter.answers.example import Example
from dfix.rewriter.model import Model, Step
from dfix.rewriter.text.source import Edit, Span

NAME = "{name}"
SUMMARY = "remove a WORKDIR that repeats the one before it"
CONTRACT: Contract = "same-image"
CODES: tuple[str, ...] = ()
ORDER = 50
MAY_DROP = ("WORKDIR",)
"""Leave this out if the rule removes no instruction."""

EXAMPLES: tuple[Example, ...] = (
    Example(
        name="the same folder twice",
        before="FROM scratch\\nWORKDIR /app\\nWORKDIR /app\\n",
        after="FROM scratch\\nWORKDIR /app\\n",
    ),
    Example(
        name="a relative folder twice",
        before="FROM scratch\\nWORKDIR app\\nWORKDIR app\\n",
        because="relative",
    ),
)


def propose(model: Model) -> Iterator[Change | Refusal]:
    """Compare each WORKDIR with the instruction before it."""
    for stage in model.stages:
        for first, second in zip(stage.steps, stage.steps[1:], strict=False):
            if first.keyword == second.keyword == "WORKDIR" and not (first.onbuild or second.onbuild):
                yield from _compare(first, second)


def _compare(first: Step, second: Step) -> Iterator[Change | Refusal]:
    kept, repeated = first.instruction, second.instruction
    if kept.value != repeated.value or kept.span.end != repeated.span.start or repeated.comments:
        return
    offset = repeated.keyword_span.start
    if not repeated.value.startswith("/"):
        reason = f"{{repeated.value}} is relative, so the second WORKDIR goes one level deeper"
        yield Refusal(NAME, offset, "{name}-relative", reason)
        return
    removed = Edit(Span(kept.value_span.end, repeated.value_span.end), "")
    yield Change(NAME, offset, (removed,), f"the working directory is already {{repeated.value}}", CONTRACT)
'''


_ROW = '''\
[{name}-relative]
rules = ["{name}"]
meaning = "The repeated WORKDIR is relative."
why = """
A relative WORKDIR goes one level deeper each time, so the second one is not a repetition.
"""
do = """
Write the path in full.
"""

'''
"""The row of the sample rule's reason in the table of codes."""


def add_row(table: str, name: str) -> str:
    """The table of codes with a new transform's row, in alphabetical order."""
    code = f"{name}-relative"
    rows = list(re.finditer(r"^\[([\w-]+)\]$", table, re.MULTILINE))
    if code in (row[1] for row in rows):  # left by an earlier attempt with this name
        return table
    at = next((row.start() for row in rows if row[1] > code), len(table))
    return table[:at] + _ROW.format(name=name) + table[at:]


def skeleton(name: str) -> str:
    """The source of a new transform."""
    return _SKELETON.format(name=name)


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="the rule's name: lowercase words joined by hyphens")
    name = parser.parse_args().name
    if not _NAME.fullmatch(name):
        parser.error(f"{name} is not a valid rule name: use lowercase words joined by hyphens")
    if find_spec("dfix") is None:
        parser.error("dfix is not installed here: run it with .venv/bin/python, which `make lint` sets up")
    path = ROOT / "transforms" / f"{name.replace('-', '_')}.py"
    if path.exists() or path.with_suffix("").exists():
        parser.error(f"a rule of this name already exists: {path.relative_to(ROOT)}")
    path.write_text(skeleton(name), encoding="utf-8")
    table = ROOT / "rewriter" / "answers" / "reasons.toml"
    table.write_text(add_row(table.read_text(encoding="utf-8"), name), encoding="utf-8")
    # in a new process, because this one has already loaded its rules
    status = 0
    for script in ("rule_pages.py", "message_list.py"):
        status |= subprocess.run([sys.executable, str(ROOT / "scripts" / script)], check=False).returncode
    print(f"{path.relative_to(ROOT)}: replace the sample rule with yours, and the row of its reason in")
    print(f"{table.relative_to(ROOT)}, then run `make test docs`")
    return status


if __name__ == "__main__":
    sys.exit(main())

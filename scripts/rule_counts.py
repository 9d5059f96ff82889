"""Count how many real Dockerfiles each rule changes by itself: docs/rule-counts.toml, which the rules' pages quote.

The data is what `make corpus` and `make reach` use: single files, and files with their build contexts.
"""

from __future__ import annotations

import datetime
import multiprocessing
import sys
from collections import Counter
from functools import partial
from pathlib import Path
from typing import NamedTuple

from corpus import lone_cases
from shared_data import NO_REACH, REACH_CACHE, table, unpacked_reach

from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source

ROOT = Path(__file__).resolve().parents[1]
PAGE = Path("docs/rule-counts.toml")
PROCESSES = 2


class File(NamedTuple):
    """A Dockerfile, with its build context or without."""

    path: str
    data: bytes
    context: str | None


def changing(rules: tuple[str, ...], file: File) -> tuple[str, ...]:
    """The rules that change a file when they run alone."""
    source = Source.from_bytes(file.path, file.data)
    options = Options(context=file.context, use_context=file.context is not None, unsafe=True)
    return tuple(rule for rule in rules if run(source, options._replace(select=frozenset((rule,)))).changed)


def counts(files: list[File]) -> Counter[str]:
    """How many of the files each rule changes."""
    rules = tuple(rule.NAME for rule in transforms())
    with multiprocessing.Pool(PROCESSES) as pool:
        found = pool.imap_unordered(partial(changing, rules), files, chunksize=50)
        return Counter(rule for one in found for rule in one)


def main() -> int:
    """Run the program."""
    folder = unpacked_reach(REACH_CACHE)
    if folder is None:
        print(NO_REACH, file=sys.stderr)
        return 2
    single = [File(case.path, case.data, None) for case in lone_cases(0, 0)]
    whole = []
    for row in table(folder / "contexts.tsv"):
        root = folder / "contexts" / row["name"]
        whole.append(File(str(root / row["dockerfile"]), (root / row["dockerfile"]).read_bytes(), str(root)))
    alone, there = counts(single), counts(whole)
    lines = [
        "# How many real Dockerfiles each rule changes when it runs alone: files with and without a build context.",
        "# Written by `python scripts/rule_counts.py`.",
        f"date = {datetime.date.today()}",
        f"files = {len(single)}",
        f"contexts = {len(whole)}",
        *(f"\n[{rule.NAME}]\nfiles = {alone[rule.NAME]}\ncontexts = {there[rule.NAME]}" for rule in transforms()),
    ]
    (ROOT / PAGE).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How much of dfix's CPU time its file guard takes: `python scripts/bench_guard.py`, and a line of docs/bench.md.

The guard compares which files the stages of a result end and run with, if that has changed. Both figures are for one
process: the guard's own time, and that of the whole run, in which it also loads its modules.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from shared_data import corpus

from dfix.rewriter.model import Model
from dfix.rewriter.pipeline import guards, run
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.text.source import Source

FILES = 785
"""How many single files of the corpus are measured."""


class GuardCost(NamedTuple):
    """What the guard cost in the rewriting of some files."""

    files: int
    changed: int
    percent: float
    """Of the CPU time of the whole run."""

    def __str__(self) -> str:
        return f"{self.percent:.1f} % of the CPU time of rewriting {self.files} files, of which {self.changed} change"


def guard_cost(files: Sequence[tuple[Path, str | None]]) -> GuardCost:
    """Rewrite files, each given with its build context (None: dfix finds it), and measure the guard's share."""
    compare = guards.same_files
    spent = 0.0

    def timed(before: Model, after: Model, *, new_image: bool = False, repairs: bool = False) -> str:
        nonlocal spent
        start = time.process_time()
        wrong = compare(before, after, new_image=new_image, repairs=repairs)
        spent += time.process_time() - start
        return wrong

    guards.same_files = timed
    try:
        start = time.process_time()
        changed = sum(
            run.run(Source.from_bytes(str(path), path.read_bytes()), Options(context=context, plugins=False)).changed
            for path, context in files
        )
        return GuardCost(len(files), changed, 100 * spent / (time.process_time() - start))
    finally:
        guards.same_files = compare


def cost_with_contexts() -> GuardCost | None:
    """The guard's cost on the corpus's Dockerfiles with build contexts; None if the corpus is absent."""
    data = corpus()
    if data is None:
        return None
    with tempfile.TemporaryDirectory() as name:
        data.unpack_contexts(Path(name))
        return guard_cost(
            [
                (Path(name, context, dockerfile), str(Path(name, context)))
                for context, dockerfiles in sorted(data.dockerfiles_of().items())
                for dockerfile in dockerfiles
            ]
        )


def cost_alone(contents: Sequence[bytes]) -> GuardCost:
    """The guard's cost on single files, each in a folder of its own."""
    with tempfile.TemporaryDirectory() as name:
        files = []
        for number, content in enumerate(contents):
            path = Path(name, f"{number:04}", "Dockerfile")
            path.parent.mkdir()
            path.write_bytes(content)
            files.append((path, None))
        return guard_cost(files)


def main() -> int:
    """Print the guard's cost on some single files of the corpus, and on those with build contexts."""
    data = corpus()
    if data is None:
        print("bench_guard: the corpus is absent: name its folder in DFIX_SHARED", file=sys.stderr)
        return 2
    print(f"single files: {cost_alone(list(data.dockerfiles.values())[:: len(data.dockerfiles) // FILES])}")
    print(f"with their build contexts: {cost_with_contexts()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Compare what `dfix layers` predicts with what BuildKit runs: 40 contexts drawn by seeds, ten edits each.

Fifteen of the contexts are large: three or more COPYs, ARGs and stages. With `--reach N`, instead the first N
Dockerfiles of the reach set (DFIX_SHARED) that can be built with stand-ins, ten commits of their histories each. Prints
each wrong prediction, and how many of how many were right; exits 1 unless all were.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from shared_data import NO_REACH, table, unpacked_reach

from tests.engine.fixture import Engine, start
from tests.engine.real_files import NoStandInError, outcomes_of
from tests.engine.rebuilds import Outcome, outcomes, said

LARGE = 15


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contexts", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--reach", type=int, default=0)
    options = parser.parse_args()
    engine = start()
    engine.bases("busybox")
    right = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        drawn = real(engine, place, options.reach) if options.reach else made(engine, place, options)
        for shown, outcome in drawn:
            if outcome.predicted == outcome.ran:
                right += 1
            else:
                wrong += 1
                print(shown)
    number = options.reach or options.contexts
    print(f"{number} contexts, {right + wrong} edits: {right} predicted exactly, {wrong} not")
    return 1 if wrong else 0


def made(engine: Engine, folder: Path, options: argparse.Namespace) -> Iterator[tuple[str, Outcome]]:
    """The outcomes of contexts drawn by seeds."""
    for number in range(options.contexts):
        seed = options.seed + number
        for context, outcome in outcomes(folder, seed, engine.environment, large=number < LARGE):
            yield said(seed, context, outcome), outcome


def real(engine: Engine, folder: Path, number: int) -> Iterator[tuple[str, Outcome]]:
    """The outcomes of commits of real contexts."""
    place = unpacked_reach(folder)
    if place is None:
        sys.exit(NO_REACH)
    for row in table(place / "contexts.tsv"):
        name = row["name"]
        history = place / "contexts" / f"{name}.history.tsv"
        if number == 0 or int(row["commits"]) < 30 or not history.is_file():
            continue
        context, dockerfile = place / "contexts" / name, row["dockerfile"]
        try:
            found = list(outcomes_of(context, dockerfile, history, folder, engine.environment))
        except NoStandInError as error:
            print(f"{name}: left out ({' '.join(str(error).split())[:100]})", file=sys.stderr)
            continue
        number -= 1
        print(f"{name}: {len(found)} commits", file=sys.stderr)
        for outcome in found:
            yield f"{name} {outcome.edit}: {sorted(outcome.predicted)} {sorted(outcome.ran)}", outcome


if __name__ == "__main__":
    sys.exit(main())

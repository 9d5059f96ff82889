"""Compare what `dfix layers` predicts with what BuildKit runs: 40 contexts drawn by seeds, ten edits each.

Fifteen of the contexts are large: three or more COPYs, ARGs and stages. Prints each wrong prediction, and how many of
how many were right; exits 1 unless all were.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.engine.fixture import start
from tests.engine.rebuilds import outcomes, said

LARGE = 15


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contexts", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    engine = start()
    engine.bases("busybox")
    right = wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(options.contexts):
            seed = options.seed + number
            for context, outcome in outcomes(Path(folder), seed, engine.environment, large=number < LARGE):
                if outcome.predicted == outcome.ran:
                    right += 1
                else:
                    wrong += 1
                    print(said(seed, context, outcome))
    print(f"{options.contexts} contexts, {right + wrong} edits: {right} predicted exactly, {wrong} not")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

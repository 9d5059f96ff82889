"""Judge each wrong change of tests/revisions/wrong_changes.toml by `dfix verify --base`, with real builds.

    python scripts/wrong_changes.py          all of them
    python scripts/wrong_changes.py TEXT…    those whose name contains a text

Prints a line for each, and what dfix does not say of it though it should. Fails if it misses anything.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.engine.fixture import start
from tests.revisions.wrong_changes import wrong_changes


def main(texts: list[str]) -> int:
    """Build those whose names contain a text; 0 if each is caught at its line."""
    chosen = [row for row in wrong_changes() if not texts or any(text in row.name for text in texts)]
    engine = start()
    missed = 0
    for row in chosen:
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            unseen = row.unseen(engine, Path(folder) / "repo")
        missed += bool(unseen)
        took = f"{time.monotonic() - began:.0f} s"
        print(f"{'missed' if unseen else 'caught'}  {row.by}: {row.name} ({took})", flush=True)
        for line in unseen:
            print(f"    {line}", flush=True)
    print(f"{len(chosen) - missed} of {len(chosen)} wrong changes are caught and reported at their line")
    return 1 if missed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

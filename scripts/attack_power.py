"""The power test of scripts/attack.py: with a mend taken back, does the campaign find the fault again?

Each patch of tests/attack/faults reverts the mend of one kind (`K3.patch`, or `K3-path.patch` for a part of it). It is
applied to a checkout of the last commit, and the campaign tries contexts of that kind there until it finds something.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
FAULTS = ROOT / "tests" / "attack" / "faults"
MOST = 100
"""Contexts within which a fault must be found."""


class Power(NamedTuple):
    """What the campaign did with one fault: after how many contexts it found it, 0 for not at all."""

    fault: str
    after: int
    what: str
    """What it found first, or why there was nothing to try."""


def power(kinds: list[str], seed: int, jobs: int) -> list[Power]:
    """Try each fault of these kinds."""
    found = []
    for patch in sorted(FAULTS.glob("*.patch"), key=lambda path: (len(path.stem.partition("-")[0]), path.stem)):
        if patch.stem.partition("-")[0] in kinds:
            tried = _try(patch, seed, jobs)
            found.append(tried)
            print(f"{tried.fault}: {tried.after or 'not found'} ({tried.what})", file=sys.stderr, flush=True)
    return found


def _try(patch: Path, seed: int, jobs: int) -> Power:
    """Build, with the fault, the contexts of its kind that dfix rewrites otherwise than without it."""
    kind = patch.stem.partition("-")[0]
    with _checkout() as folder:
        campaign = _Campaign(folder, [f"--kinds={kind}", f"--pairs={MOST}", f"--seed={seed}", f"--jobs={jobs}"])
        without = campaign.run(["--texts"])
        applied = subprocess.run(
            ["git", "apply", "-C1", str(patch)], cwd=folder, capture_output=True, text=True, check=False
        )
        if applied.returncode:
            return Power(patch.stem, 0, f"the patch does not apply: {applied.stderr.strip()}")
        pairs = zip(without, campaign.run(["--texts"]), strict=True)
        numbers = [str(number) for number, (good, bad) in enumerate(pairs) if good != bad]
        if not numbers:
            return Power(patch.stem, 0, "dfix rewrites every context as without the fault")
        found = campaign.run([f"--numbers={','.join(numbers)}", "--first", f"--keep={folder / 'found'}", "--results"])
        first = found["found"][:1]
        return Power(patch.stem, first[0]["number"] + 1, first[0]["what"]) if first else Power(patch.stem, 0, "nothing")


class _Campaign(NamedTuple):
    """The campaign of a checkout on one kind."""

    checkout: Path
    words: list[str]

    def run(self, more: list[str]) -> Any:
        """Run it; the last of the words gets a file, whose JSON is the answer. Raises RuntimeError if it fails."""
        answer = self.checkout / "answer.json"
        command = [sys.executable, str(self.checkout / "scripts" / "attack.py"), *self.words, *more, str(answer)]
        environment = {**os.environ, "PYTHONPATH": str(self.checkout)}
        done = subprocess.run(command, cwd=self.checkout, env=environment, capture_output=True, text=True, check=False)
        if not answer.exists():
            raise RuntimeError(f"the campaign fails: {done.stderr[-1000:]}")
        found = json.loads(answer.read_text("utf-8"))
        answer.unlink()
        return found


@contextmanager
def _checkout() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="dfix-attack-power-") as scratch:
        folder = Path(scratch, "tree")
        git = ["git", "-C", str(ROOT), "worktree"]
        subprocess.run([*git, "add", "--quiet", "--detach", str(folder), "HEAD"], check=True)
        try:
            yield folder
        finally:
            subprocess.run([*git, "remove", "--force", str(folder)], check=False)

"""Change the rules in small ways and see whether a test notices: `python scripts/mutants.py`, or `make mutants`.

A sample of all mutations of MUTATED is tried in a copy of the checkout. Exits 1 when one that nothing notices is not
listed with a reason in scripts/mutants.toml, when one that is listed is noticed, or when fewer than 85 % of the usual
sample are noticed; a smaller one says too little about the share. What was found is kept in `.mutants` until the
project or its tests change, so that a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from mutation_session import KILLED, Job
from mutations import Mutation, mutations

ROOT = Path(__file__).resolve().parents[1]
MUTATED = ("transforms", "rewriter/model", "rewriter/layout", "rewriter/neighbours")
"""The rules, and the folders of the engine that only rules ask: what commands do, how edits are written, what joins."""
TESTS = tuple(f"tests/{name}" for name in ("transforms", "model", "layout", "cases", "snapshots", "pipeline"))
"""Tests that call these in one process; those that start the command or build images see no mutation."""
DECIDES = ("rewriter/", "transforms/", "dfix/", *TESTS, "scripts/mut")
"""What an outcome depends on, as the beginnings of paths."""
LISTED = ROOT / "scripts" / "mutants.toml"
KEPT = ROOT / ".mutants"
SHARE = 0.85
SAMPLE = 600


def every_mutation(root: Path) -> list[Mutation]:
    """All mutations of MUTATED."""
    paths = sorted(path for folder in MUTATED for path in (root / folder).rglob("*.py"))
    return [found for path in paths for found in mutations(root, str(path.relative_to(root)))]


def sample(every: list[Mutation], count: int, seed: int) -> list[Mutation]:
    """The mutations to try, in source order. An edit of a module leaves the choice within the others as it is."""

    def rank(mutation: Mutation) -> bytes:
        return hashlib.sha256(f"{seed} {mutation.name}".encode()).digest()

    chosen = set(sorted(every, key=rank)[:count])
    return [mutation for mutation in every if mutation in chosen]


def copy_checkout(to: Path) -> str:
    """Copy what git tracks or would track; a digest of all that decides whether a test passes."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    digest = hashlib.sha256(sys.version.encode())
    for name in sorted(set(filter(None, listed.split("\0")))):
        source, target = ROOT / name, to / name
        if not os.path.lexists(source):
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target, follow_symlinks=False)
        if not source.is_symlink() and source != LISTED and name.startswith(DECIDES):
            digest.update(name.encode() + b"\0" + hashlib.sha256(source.read_bytes()).digest())
    return digest.hexdigest()[:16]


def outcomes(chosen: list[Mutation], processes: int) -> dict[str, tuple[str, str]]:
    """What became of each mutation, and the test that noticed it."""
    with tempfile.TemporaryDirectory(prefix="dfix-mutants-") as scratch:
        tree = Path(scratch, "tree")
        kept = KEPT / copy_checkout(tree)
        kept.mkdir(parents=True, exist_ok=True)
        for old in KEPT.iterdir():
            if old != kept:
                shutil.rmtree(old)
        results = kept / "results.jsonl"
        known = _known(results)
        left = tuple(mutation for mutation in chosen if mutation.name not in known)
        if left:
            print(f"{len(left)} mutants to try, {len(chosen) - len(left)} known", file=sys.stderr, flush=True)
            job = Job(str(tree), processes, str(kept / "covered.json"), str(results), _measured(tree), left)
            Path(scratch, "job.json").write_text(json.dumps(job), encoding="utf-8")
            command = [sys.executable, str(tree / "scripts" / "mutation_session.py"), str(Path(scratch, "job.json"))]
            environment = {**os.environ, "PYTHONPATH": str(tree), "TMPDIR": scratch, "DFIX_SHARED": scratch}
            subprocess.run([*command, *TESTS], cwd=tree, env=environment, stdout=subprocess.DEVNULL, check=True)
        found = _known(results)
    return {mutation.name: found[mutation.name] for mutation in chosen}


def _known(results: Path) -> dict[str, tuple[str, str]]:
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return {name: (outcome, by) for name, outcome, by, _ in map(json.loads, lines)}


def _measured(tree: Path) -> tuple[str, ...]:
    return tuple(str(path.relative_to(tree)) for folder in MUTATED for path in sorted((tree / folder).rglob("*.py")))


def listed() -> dict[str, str]:
    """The mutations that no test can notice, and why."""
    return {row["mutant"]: row["because"] for row in tomllib.loads(LISTED.read_text("utf-8")).get("survivor", ())}


def report(found: dict[str, tuple[str, str]], every: Iterable[str], share: float) -> int:
    """Print the shares and what nothing noticed; the exit status."""
    reasons = listed()
    tried, killed = (
        Counter(map(_part, found)),
        Counter(_part(name) for name, (how, _) in found.items() if how == KILLED),
    )
    for part in sorted(tried):
        print(f"{killed[part]:5} of {tried[part]:4} killed  {part}")
    survivors = [name for name, (how, _) in found.items() if how != KILLED]
    unlisted = [name for name in survivors if name not in reasons]
    for name in unlisted:
        print(f"{found[name][0]}: {name}")
    stale = [name for name in reasons if name not in set(every) or found.get(name, ("",))[0] == KILLED]
    for name in stale:
        print(f"listed in {LISTED.name}, but gone or noticed: {name}")
    reached = killed.total() / max(len(found), 1)
    known = len(survivors) - len(unlisted)
    print(f"{killed.total()} of {len(found)} mutants killed: {reached:.1%}; {known} survivors are listed with a reason")
    return int(reached < share or bool(unlisted) or bool(stale))


def _part(name: str) -> str:
    path = name.partition(" ")[0]
    return "/".join(path.split("/")[:2])


def main() -> int:
    """Try a sample of mutations."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, default=SAMPLE, help="how many mutants to try (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: %(default)s)")
    parser.add_argument("--only", default="", help="only those whose name holds this text")
    parser.add_argument("--processes", type=int, default=2, help="how many run at a time (default: %(default)s)")
    arguments = parser.parse_args()
    every = every_mutation(ROOT)
    wanted = [mutation for mutation in every if arguments.only in mutation.name]
    found = outcomes(sample(wanted, arguments.sample, arguments.seed), arguments.processes)
    return report(found, [mutation.name for mutation in every], SHARE if len(found) >= SAMPLE else 0)


if __name__ == "__main__":
    sys.exit(main())

"""Look for false alarms: judge a change that changes nothing, and see whether `dfix verify --base` finds a difference.

    python scripts/false_alarms.py              the contexts of tests/prove/contexts, those of each ecosystem in turn
    python scripts/false_alarms.py NAME…        only these
    python scripts/false_alarms.py --most N     at most so many
    python scripts/false_alarms.py --kept FILE  keeps what was seen, and goes on from there after an interruption

The change is a comment at the end of the Dockerfile: both versions are built without cache, and what differs differs by
chance. Prints a line for each context and a table of ecosystems. Fails if a context is not proven.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

from prove import Case, own_cases  # the scripts folder is not a package

from dfix.rewriter.knowledge import managers
from tests.engine.fixture import Engine, start
from tests.layers.repositories import commit, repository


class Rebuilt(NamedTuple):
    """A context that was built twice."""

    name: str
    ecosystem: str
    """The package manager of its Dockerfile."""
    verdict: str
    noise: int
    """How many differences were ignored as build noise."""
    seconds: int
    differs: tuple[str, ...]
    """What was called a difference, or why nothing was shown."""


def main() -> int:
    """Build what the command line names; 0 if all is proven."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="contexts; else all")
    parser.add_argument("--most", type=int, default=50, help="how many contexts (default: %(default)s)")
    parser.add_argument("--kept", type=Path, metavar="FILE", help="keep what was seen in a file, and go on from there")
    asked = parser.parse_args()
    known = _known(asked.kept) if asked.kept is not None else {}
    cases = [case for case in own_cases() if not asked.names or case.name in asked.names]
    engine = start()
    found = []
    for case in list(in_turn(cases))[: asked.most]:
        row = known.get(case.name) or rebuilt(engine, case)
        found.append(row)
        if asked.kept is not None and case.name not in known:
            with asked.kept.open("a", encoding="utf-8") as kept:
                kept.write(json.dumps(row._asdict()) + "\n")
        print(f"{row.name}: {row.verdict}, {row.noise} ignored ({row.seconds} s)", flush=True)
        for line in row.differs:
            print(f"    {line}", flush=True)
    for ecosystem, count in Counter(row.ecosystem for row in found).most_common():
        proven = sum(row.verdict == "proven" for row in found if row.ecosystem == ecosystem)
        print(f"{ecosystem:12} {proven} of {count}")
    alarms = [row.name for row in found if row.verdict != "proven"]
    print(f"{len(found)} rebuilds, {len(alarms)} not proven: {', '.join(alarms) or 'none'}")
    return 1 if alarms else 0


def in_turn(cases: list[Case]) -> Iterator[Case]:
    """The contexts, one of each ecosystem before the second of any."""
    by_ecosystem: dict[str, list[Case]] = {}
    for case in cases:
        by_ecosystem.setdefault(ecosystem_of(case), []).append(case)
    for row in zip_longest(*by_ecosystem.values()):
        yield from filter(None, row)


def ecosystem_of(case: Case) -> str:
    """The manager whose program the Dockerfile names, a language's before a distribution's; the base for none."""
    text = (case.folder / case.dockerfile).read_text("utf-8")
    named = [one for one in managers() if any(re.search(rf"(?<![\w/.-]){name}(?=\s)", text) for name in one.commands)]
    named.sort(key=lambda one: (one.system, one.name in ("npm", "pip"), one.name))  # both also install other managers
    return named[0].name if named else case.bases[0]


def rebuilt(engine: Engine, case: Case) -> Rebuilt:
    """Build a context at two commits that say the same."""
    engine.bases(*case.bases)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / case.folder.name
        shutil.copytree(case.folder, copy, symlinks=True)
        repository(copy, {})
        text = (copy / case.dockerfile).read_text("utf-8")
        commit(copy, {case.dockerfile: text + ("" if text.endswith("\n") else "\n") + "# once more\n"})
        words = ["--isolated", "--base=HEAD~1", "--no-measure", "--network=host", "--output-format=json"]
        command = [sys.executable, "-m", "dfix", "verify", *words, str(copy / case.dockerfile)]
        environment = {**engine.environment, "TMPDIR": folder}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    seconds = round(time.monotonic() - began)
    try:
        (file,) = json.loads(done.stdout)["files"]
    except ValueError:
        return Rebuilt(case.name, ecosystem_of(case), "failed", 0, seconds, (done.stderr,))
    differs = [f"{row['path']} {row['what']}" for blame in file["broken"] for row in blame["differences"]]
    said = [file["message"], *(blame["message"] for blame in file["broken"]), *differs]
    return Rebuilt(
        case.name, ecosystem_of(case), file["verdict"], len(file["noise"]), seconds, tuple(filter(None, said))
    )


def _known(path: Path) -> dict[str, Rebuilt]:
    if not path.exists():
        return {}
    rows = [Rebuilt(**json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines()]
    return {row.name: row for row in rows}


if __name__ == "__main__":
    sys.exit(main())

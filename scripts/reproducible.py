"""How many contexts give the same image twice: as they are, and after dfix with the rule `reproducible`.

    python scripts/reproducible.py                  our own contexts and the real ones; writes docs/reproducible.md
    python scripts/reproducible.py NAME…            only these, with the details
    python scripts/reproducible.py --keep FILE      where the answers are kept: a run that was ended goes on from there

Each is built twice without cache with one SOURCE_DATE_EPOCH, one build at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from prove import Case, make_bases, own_cases, real_cases  # the scripts folder is not a package
from reproducible_report import report

from tests.engine.fixture import Engine, start

ROOT = Path(__file__).resolve().parents[1]
EPOCH = "1700000000"
SIDES = ("before", "after")
MOST_REAL = 20


def main() -> int:
    """Run the command line; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="contexts to build; else all")
    parser.add_argument("--keep", type=Path, default=ROOT / ".reproducible.json", help="the file of answers")
    parser.add_argument("--side", choices=SIDES, help="only as they are, or only after dfix")
    parser.add_argument("--only-report", action="store_true", help="build nothing; write the page from the answers")
    asked = parser.parse_args()
    kept: dict[str, dict[str, Any]] = json.loads(asked.keep.read_text("utf-8")) if asked.keep.exists() else {}
    if not asked.only_report:
        engine = start()
        with tempfile.TemporaryDirectory() as folder:
            for case in _chosen(asked.names, Path(folder)):
                for side in SIDES if asked.side is None else (asked.side,):
                    if side not in kept.get(case.name, {}) or asked.names:
                        answer = _reproduced(engine, case, side)
                        kept.setdefault(case.name, {"real": not case.what})[side] = answer
                        _keep(asked.keep, kept)
                        print(f"{case.name}, {side}: {_said(answer)}", file=sys.stderr, flush=True)
    if not asked.names:
        (ROOT / "docs/reproducible.md").write_text(report(kept), encoding="utf-8")
    return 0


def _chosen(names: list[str], folder: Path) -> list[Case]:
    """The contexts, those that take long last."""
    own = sorted(own_cases(), key=lambda case: (not case.in_ci, case.name))
    real = [case for case in real_cases(folder) if not case.unsafe]
    cases = [*own, *sorted(real, key=lambda case: not case.in_ci)[:MOST_REAL]]
    return [case for case in cases if not names or case.name in names]


def _keep(path: Path, kept: dict[str, dict[str, Any]]) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    new.replace(path)


def _reproduced(engine: Engine, case: Case, side: str) -> dict[str, Any]:
    """What two builds of a copy of one context gave."""
    make_bases(engine, case)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / case.folder.name
        shutil.copytree(case.folder, copy, symlinks=True)
        if side == "after":
            for select in ((), ("--select=reproducible",)):
                _dfix(engine, "--isolated", "--write", "--quiet", *select, str(copy / case.dockerfile))
        words = ["verify", "--isolated", "--reproducible", "--network=host", "--timeout=600", "--output-format=json"]
        done = _dfix(engine, *words, *(f"--set={arg}" for arg in case.args), str(copy / case.dockerfile))
    try:
        (file,) = json.loads(done.stdout)["files"]
    except ValueError:
        raise SystemExit(f"{case.name}: dfix verify failed: {done.stderr}") from None
    twice = file["twice"] or {"same": "", "differences": []}
    paths: dict[str, list[str]] = {}
    for one in twice["differences"]:
        paths.setdefault(one["kind"], []).append(one["path"])
    return {
        "verdict": file["verdict"],
        "message": file["message"],
        "same": twice["same"],
        "kinds": dict(Counter(one["kind"] for one in twice["differences"])),
        "paths": {kind: some[:3] for kind, some in paths.items()},
    }


def _dfix(engine: Engine, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**engine.environment, "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": EPOCH}
    command = [sys.executable, "-m", "dfix", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def _said(answer: dict[str, Any]) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in answer["kinds"].items())
    return f"{answer['verdict']} {answer['same']} {kinds} {answer['message']}".strip()


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())

"""Try to break the promise of the safe rules: random contexts, built before and after, images compared.

    make attack                                          900 pairs, 50 of each kind
    python scripts/attack.py --pairs 100 --kinds K1,K3   some kinds
    python scripts/attack.py --replay DIR                what an earlier run found, again
    python scripts/attack.py --power                     does it find each fault of tests/attack/faults again?

The builds fetch from a small server of this process, nothing from the network but what the base images are made of.
Each finding is written to a folder below `--keep`. Exits 1 if there is one.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from attack_power import power  # the scripts folder is not a package
from attack_report import Count, power_page, renewed

from tests.attack import registry
from tests.attack.kinds import KINDS, probe
from tests.attack.probe import Probe, from_json, put, shown, to_json
from tests.attack.trial import Lab, Verdict, opened, rewrite
from tests.engine.fixture import start

ROOT = Path(__file__).resolve().parents[1]
BATCH, SMALL_BATCH = 24, 8


class Draw(NamedTuple):
    """One probe of a campaign, and how to name it."""

    kind: str
    seed: int
    number: int

    @property
    def name(self) -> str:
        """As in reports, and the folder of a finding."""
        return f"{self.kind}-{self.seed}-{self.number}"


def draws(kinds: list[str], seed: int, pairs: int) -> list[Draw]:
    """Which probes to try: so many, the kinds in turn."""
    return [Draw(kinds[number % len(kinds)], seed, number // len(kinds)) for number in range(pairs)]


def batches(chosen: list[Draw], size: int) -> Iterator[list[Draw]]:
    """The probes in batches, each of few kinds, since those share base images."""
    order = iter(sorted(chosen, key=lambda draw: (list(KINDS).index(draw.kind), draw.number)))
    while batch := list(islice(order, size)):
        yield batch


def keep(folder: Path, draw: Draw, tried: Probe, verdict: Verdict) -> None:
    """Write a finding, so that it can be looked at and replayed."""
    where = folder / draw.name
    where.mkdir(parents=True, exist_ok=True)
    (where / "probe.json").write_text(to_json(tried), encoding="utf-8")
    (where / "Dockerfile.after").write_text(verdict.after, encoding="utf-8")
    (where / "finding.txt").write_text(told(draw, tried, verdict), encoding="utf-8")
    if not (where / "context").exists():
        put(where / "context", {**tried.files, "Dockerfile": tried.dockerfile})


def told(draw: Draw, tried: Probe, verdict: Verdict) -> str:
    """A finding in words."""
    parts = [
        f"{draw.name} ({tried.what}): {verdict.said}",
        "--- context",
        shown(tried.files),
        "--- Dockerfile before",
        tried.dockerfile.rstrip(),
        "--- Dockerfile after",
        verdict.after.rstrip(),
    ]
    return "\n".join(parts) + "\n"


def attack(lab: Lab, chosen: list[Draw], asked: argparse.Namespace) -> Count:
    """Try the probes; print and keep what is found. Results are written after each batch, in case of a stop."""
    count = Count()
    done, began = 0, time.monotonic()
    for batch in batches(chosen, SMALL_BATCH if asked.first else BATCH):
        probes = [probe(draw.kind, draw.seed, draw.number) for draw in batch]
        for draw, tried, verdict in zip(batch, probes, lab.try_all(probes), strict=True):
            count.add(draw.kind, draw.number, tried.what, verdict)
            if verdict.how == "broken":
                keep(asked.keep, draw, tried, verdict)
                print(told(draw, tried, verdict), flush=True)
            elif verdict.how == "unbuilt" and asked.verbose:
                print(f"{draw.name} ({tried.what}) does not build: {verdict.said}", file=sys.stderr, flush=True)
        done += len(batch)
        spent = time.monotonic() - began
        print(f"{done} of {len(chosen)} pairs, {len(count.found)} found, {spent:.0f} s", file=sys.stderr, flush=True)
        if asked.results:
            found = [one._asdict() for one in count.found]
            asked.results.write_text(json.dumps({"found": found, "rows": count.rows()}), encoding="utf-8")
        _write(asked, "campaign", count.page(asked.seed))
        if count.found and asked.first:
            break
    return count


def replay(lab: Lab, folder: Path) -> int:
    """Try what an earlier run found again."""
    tried = from_json((folder / "probe.json").read_text("utf-8"))
    (verdict,) = lab.try_all([tried])
    print(told(Draw(tried.kind, 0, 0), tried, verdict) if verdict.how == "broken" else f"{verdict.how} {verdict.said}")
    return int(verdict.how == "broken")


def main() -> int:
    """Run the command line; 0 if nothing was found, or if the power test found everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=900, help="how many contexts to try (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (default: %(default)s)")
    parser.add_argument("--kinds", default=",".join(KINDS), help="comma-separated (default: all)")
    parser.add_argument("--jobs", type=int, default=2, help="builds at a time (default: %(default)s)")
    parser.add_argument("--keep", type=Path, default=ROOT / ".attack", help="where findings go (default: .attack)")
    parser.add_argument("--first", action="store_true", help="stop after the batch in which something is found")
    parser.add_argument("--numbers", default="", help="only these contexts of each kind, comma-separated")
    parser.add_argument(
        "--texts", type=Path, metavar="FILE", help="build nothing; write what dfix makes of each as JSON"
    )
    parser.add_argument("--verbose", action="store_true", help="also say why contexts do not build before")
    parser.add_argument("--results", type=Path, metavar="FILE", help="write what was found as JSON")
    parser.add_argument("--write", action="store_true", help="write the tables of docs/soundness.md")
    parser.add_argument("--replay", type=Path, metavar="DIR", help="try one finding again")
    parser.add_argument("--power", action="store_true", help="the power test")
    asked = parser.parse_args()
    kinds = asked.kinds.split(",")
    if asked.power:
        tried = power(kinds, asked.seed, asked.jobs)
        _write(asked, "power", power_page(tried, asked.seed))
        return int(not all(one.after for one in tried))
    chosen = draws(kinds, asked.seed, asked.pairs)
    if asked.texts:
        asked.texts.write_text(json.dumps([_rewritten(draw) for draw in chosen]), encoding="utf-8")
        return 0
    if asked.numbers:
        numbers = set(map(int, asked.numbers.split(",")))
        chosen = [draw for draw in chosen if draw.number in numbers]
    with registry.serving(), opened(start(), asked.jobs) as lab:
        if asked.replay:
            return replay(lab, asked.replay)
        count = attack(lab, chosen, asked)
    print(count.text())
    return int(bool(count.found))


def _rewritten(draw: Draw) -> tuple[str, str]:
    """The Dockerfile and the ignore file that dfix writes for a probe."""
    tried = probe(draw.kind, draw.seed, draw.number)
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder), {**tried.files, "Dockerfile": tried.dockerfile})
        result = rewrite(Path(folder), tried.rules, tried.target)
    return result.after.text, "" if result.ignore_file is None else result.ignore_file.after.text


def _write(asked: argparse.Namespace, part: str, text: str) -> None:
    if asked.write:
        page = ROOT / "docs" / "soundness.md"
        page.write_text(renewed(page.read_text("utf-8"), part, text), encoding="utf-8")
    elif part == "power":
        print(text)


if __name__ == "__main__":
    sys.exit(main())

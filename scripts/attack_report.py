"""What scripts/attack.py counted, as text and as the tables of docs/soundness.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from attack_power import Power  # the scripts folder is not a package

from tests.attack.kinds import KINDS
from tests.attack.trial import Verdict


class Found(NamedTuple):
    """A finding: which probe of its kind, what it tries, and what is wrong."""

    kind: str
    number: int
    what: str
    said: str


class Count:
    """What became of the probes."""

    def __init__(self) -> None:
        self.how: dict[str, Counter[str]] = {}
        self.rules: Counter[str] = Counter()
        self.found: list[Found] = []

    def add(self, kind: str, number: int, what: str, verdict: Verdict) -> None:
        """Count one verdict."""
        self.how.setdefault(kind, Counter())[verdict.how] += 1
        if verdict.how in ("same", "broken"):
            self.rules.update(verdict.rules)
        if verdict.how == "broken":
            self.found.append(Found(kind, number, what, verdict.said))

    def rows(self) -> list[tuple[str, int, int, int, int]]:
        """For each kind, then for all: contexts that build, those that dfix changed, that differ, that do not build."""
        total = sum(self.how.values(), Counter[str]())
        return [_row(kind, counts) for kind, counts in (*self.how.items(), ("all", total))]

    def text(self) -> str:
        """The counts for a terminal."""
        lines = [f"{'kind':5} {'built':>7} {'changed':>7} {'differ':>7} {'unbuilt':>7}"]
        lines += [f"{row[0]:5} " + " ".join(f"{number:7}" for number in row[1:]) for row in self.rows()]
        return "\n".join([*lines, self._rules()])

    def _rules(self) -> str:
        return "Changed by " + ", ".join(f"{rule} {number}" for rule, number in self.rules.most_common())

    def page(self, seed: int) -> str:
        """The counts for docs/soundness.md."""
        lines = [f"Seed {seed}. {self._rules()}.", "", "| kind | what | built | changed by dfix | differ |"]
        lines.append("| --- | --- | --- | --- | --- |")
        lines += [f"| {row[0]} | {what(row[0])} | {row[1]} | {row[2]} | {row[3]} |" for row in self.rows()]
        return "\n".join(lines)


def _row(kind: str, counts: Counter[str]) -> tuple[str, int, int, int, int]:
    changed = counts["same"] + counts["broken"]
    return kind, changed + counts["unchanged"], changed, counts["broken"], counts["unbuilt"]


def what(kind: str) -> str:
    """What a kind is about, as its generator says."""
    said = (KINDS[kind].__doc__ or "") if kind in KINDS else ""
    return said.partition(": ")[2].rstrip(".")


def power_page(found: Iterable[Power], seed: int) -> str:
    """The power test for docs/soundness.md."""
    lines = [f"Seed {seed}.", "", "| mend taken back | found after | with |", "| --- | --- | --- |"]
    for one in found:
        what = one.what.replace("|", "\\|")
        lines.append(f"| {one.fault} | {one.after or 'not found'} | {what} |")
    return "\n".join(lines)


def renewed(page: str, name: str, text: str) -> str:
    """The page with the part between `<!-- NAME -->` and `<!-- end -->` replaced."""
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda match: f"{match[1]}\n{text}\n\n{match[2]}", page)

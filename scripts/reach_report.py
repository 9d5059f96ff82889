"""The report on the reach of splits, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

_INTRODUCTION = """\
# Which installs of real Dockerfiles are split

Made by `make reach`. Real Dockerfiles with their build contexts and histories, balanced over ecosystems; a row is a
Dockerfile and an ecosystem whose packages it fetches after a copy of its sources. Rows with nothing to gain
(cargo-chef, cache mounts, vendored packages …) are left out. *Before* is dfix 0.1.0.

A row is **split** if in every stage that fetches, the first fetch depends on fewer files of the context than the
author's, and runs in no more commits of the history: an edit of any other file leaves it cached. That is read from the
text before and after (`scripts/reach_measure.py`), not asked of the rule. Where a fetch is not split, the reason that
dfix gives for its line counts; without one the row is **silent**, or **another step** where dfix splits something else,
such as a download of the tool alone (`./gradlew --version`). **Already**: split as the author wrote it. **Unseen**: the
measurement does not find the fetch, so it counts as not split.
"""

_COMMITS = """\
## Over the histories

How often the fetch runs again over the last 300 commits of each context, all {rows} rows together: {author} times as
the author wrote it, {before} before, {now} now. In {equal} of the rows that are split now, it runs as often: there,
nearly every commit touches a manifest.
"""


class Way(NamedTuple):
    """What a version of dfix makes of a row."""

    outcome: str
    """"split", "already", "silent", "another step", "unseen" or "refused: CODE"."""
    reason: str
    commits: int
    """In how many commits of the history the fetch runs again."""


class Row(NamedTuple):
    """A Dockerfile and an ecosystem."""

    name: str
    ecosystem: str
    commits: int
    """In how many commits of the history the fetch runs again as the author wrote it."""
    before: Way
    now: Way

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        return (self.name, self.ecosystem, str(self.commits), *map(str, self.before), *map(str, self.now))


def report(rows: Sequence[Row]) -> str:
    """The whole report."""
    named = sorted({row.ecosystem for row in rows})
    names = sorted(named, key=lambda name: (-sum(row.ecosystem == name for row in rows), name))
    lines = [_ecosystem(name, [row for row in rows if row.ecosystem == name]) for name in names]
    head = (
        "ecosystem",
        "rows",
        "already",
        "split before",
        "split now",
        "refused now",
        "silent before",
        "silent now",
        "other now",
    )
    ways = [(row.commits, row.before.commits, row.now.commits) for row in rows]
    author, before, now = map(sum, zip(*ways, strict=True))
    equal = sum(row.now.outcome == "split" and row.now.commits >= row.commits for row in rows)
    return "\n".join(
        [
            _INTRODUCTION,
            "## By ecosystem\n",
            _table(head, [*lines, _ecosystem("all", rows)]),
            "## By reason\n",
            _table(("what happens", "rows before", "rows now"), _reasons(rows)),
            _COMMITS.format(rows=len(rows), author=author, before=before, now=now, equal=equal),
            "## What is left, by ecosystem\n",
            _table(("ecosystem", "rows now, by reason"), [(name, _left(rows, name)) for name in names]),
        ]
    )


def _ecosystem(name: str, rows: Sequence[Row]) -> tuple[str, ...]:
    def number(ways: Iterable[Way], outcome: str) -> int:
        return sum(way.outcome.partition(":")[0] == outcome for way in ways)

    before, now = [row.before for row in rows], [row.now for row in rows]
    left = len(rows) - number(now, "already")
    counts = (len(rows), number(now, "already"), number(before, "split"))
    split = number(now, "split")
    share = f"{split} ({100 * split // left} %)" if left else "0"
    rest = [number(now, "refused"), number(before, "silent"), number(now, "silent")]
    rest.append(number(now, "another step") + number(now, "unseen"))
    return (name, *map(str, counts), share, *map(str, rest))


def _reasons(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    before, now = Counter(row.before.outcome for row in rows), Counter(row.now.outcome for row in rows)
    codes = sorted(before | now, key=lambda code: (-now[code], -before[code], code))
    return [(code, str(before[code]), str(now[code])) for code in codes]


def _left(rows: Iterable[Row], ecosystem: str) -> str:
    left = Counter(
        row.now.outcome.removeprefix("refused: ")
        for row in rows
        if row.ecosystem == ecosystem and row.now.outcome not in ("split", "already")
    )
    return ", ".join(f"{code} {count}" for code, count in left.most_common()) or "-"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))

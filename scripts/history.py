"""How often installs and slow steps of real repositories would have run, before and after dfix: docs/history.md.

Replays the commits of each context of the reach set (DFIX_SHARED/reach), as `dfix layers --history` does.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from shared_data import NO_REACH, reach_commits, table, unpacked_reach

from dfix.rewriter.layers.commits import Commit
from dfix.rewriter.layers.opened import Opened, opened
from dfix.rewriter.layers.past import read_again
from dfix.rewriter.layers.replay import Replayed, replay
from dfix.rewriter.pipeline.job import rewrite
from dfix.rewriter.pipeline.options import Options

PAGE = Path(__file__).resolve().parents[1] / "docs" / "history.md"
ENOUGH = 30
"""Contexts with fewer commits are shown apart."""


class Counts(NamedTuple):
    """Runs before and after dfix."""

    before: int
    after: int

    @property
    def saved(self) -> float:
        """The part of the runs that is saved."""
        return 1 - self.after / self.before if self.before else 0.0


class Row(NamedTuple):
    """One Dockerfile of the set; `why` says why it was not replayed."""

    name: str
    dockerfile: str
    ecosystems: str
    commits: int = 0
    changed: bool = False
    installs: Counts = Counts(0, 0)
    downloads: Counts = Counts(0, 0)
    slow: Counts = Counts(0, 0)
    why: str = ""


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="write docs/history.md instead of printing it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = unpacked_reach(Path(folder))
        if place is None:
            print(NO_REACH, file=sys.stderr)
            return 2
        described = list(table(place / "contexts.tsv"))
        with ProcessPoolExecutor(2) as pool:
            rows = sorted(pool.map(partial(row, place), described))
    text = page(rows)
    if options.write:
        PAGE.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


def row(place: Path, described: dict[str, str]) -> Row:
    """What dfix makes of one Dockerfile, over its history."""
    name, dockerfile = described["name"], described["dockerfile"]
    shown = Row(name, dockerfile, described["ecosystems"])
    history = place / "contexts" / f"{name}.history.tsv"
    context = place / "contexts" / name
    if not history.is_file():
        return shown._replace(why="no history")
    settings = Options(context=str(context), root=str(context), plugins=False)
    found = opened(str(context / dockerfile), settings)
    if not isinstance(found, Opened):
        return shown._replace(why=found.message)
    result = rewrite(found.source, settings).result
    if result.problem is not None:
        return shown._replace(why=result.problem.message)
    commits = [Commit(name, paths) for name, paths in reach_commits(history)]
    after = read_again(found, result.after) if result.after.text != result.before.text else None
    replayed = replay(found, after, commits)
    installing = [one for one in replayed if one.installs and one.before is not None]
    return shown._replace(
        commits=len(commits),
        changed=after is not None,
        installs=counted(installing),
        downloads=counted([one._replace(after=fetched(one, replayed)) for one in installing]),
        slow=counted(replayed),
    )


def counted(rows: Iterable[Replayed]) -> Counts:
    """The runs of these commands. One that dfix turns into another command counts as running as before."""
    before = after = 0
    for one in rows:
        before += one.before or 0
        after += one.after if one.after is not None else one.before or 0
    return Counts(before, after)


def fetched(one: Replayed, rows: Iterable[Replayed]) -> int | None:
    """In how many builds the packages of a command are downloaded, which may be by a fetch that dfix adds."""
    program = one.command.split()[0]
    added = [other.after for other in rows if other.before is None and other.command.split()[0] == program]
    return one.after if not added else max(number or 0 for number in added)


def page(rows: list[Row]) -> str:
    """The page."""
    replayed = [one for one in rows if not one.why]
    long = [one for one in replayed if one.commits >= ENOUGH]
    short = [one for one in replayed if one.commits < ENOUGH]
    parts = [_HEAD.format(all=len(rows), replayed=len(replayed), enough=ENOUGH)]
    parts.append(summary(f"Contexts with {ENOUGH} commits or more", long))
    parts.append(summary(f"Contexts with fewer than {ENOUGH} commits", short))
    parts.append("## By ecosystem\n\nInstall runs of the contexts with enough commits.\n")
    parts.append(by_ecosystem(long))
    parts.append("## Each context that dfix changes\n")
    parts.append(details([one for one in long if one.changed]))
    parts.append(f"### With fewer than {ENOUGH} commits\n")
    parts.append(details([one for one in short if one.changed]))
    left = sorted({f"{one.name}: {one.why}" for one in rows if one.why})
    if left:
        parts.append("## Not replayed\n\n" + "\n".join(f"- {line}" for line in left) + "\n")
    return "\n".join(parts)


_HEAD = """# What would have run, before and after dfix

`make history` writes this page. It replays the last commits (at most 300 each) of {all} real Dockerfiles with their
build contexts ({replayed} can be read): a build for each commit that touches the context, in an engine that has
the cache of the build before it ([layers](layers.md) says how). Nothing is built here. The Dockerfile and the context
are those of the newest commit, without `.git`. Contexts with fewer than {enough} commits are shown apart.

- **Install runs**: how often a command ran that fetches packages, or that compiles them in a build which would fetch
  them (`go build`, `cargo build`). A run counts as saved only if nothing that fetches or compiles dependencies runs. So
  `go mod download` above the sources saves nothing here, because `go build` still compiles everything. Where an install
  runs twice (`poetry install --no-root`, then `poetry install`), the first one counts: the second one installs the
  project itself.
- **Downloads**: the same, but what such a fetch has downloaded already counts as saved.
- **Slow steps**: all commands that take time, or of which dfix doesn't know that they don't. Fetches that dfix adds
  count, although the build that they were part of takes less time for them.
"""


def summary(title: str, rows: list[Row]) -> str:
    """Sum, median, best and worst."""
    lines = [f"## {title}\n", "| | Dockerfiles | install runs | | saved | downloads | | saved | slow steps | | saved |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    changed = [one for one in rows if one.changed]
    fewer = [one for one in changed if one.installs.after < one.installs.before]
    groups = (
        ("all", rows),
        ("dfix changes", changed),
        ("with fewer install runs", fewer),
        ("dfix leaves as they are", [one for one in rows if not one.changed]),
    )
    for label, group in groups:
        installs, slow = total(one.installs for one in group), total(one.slow for one in group)
        downloads = total(one.downloads for one in group)
        lines.append(f"| {label} | {len(group)} | {arrow(installs)} | {arrow(downloads)} | {arrow(slow)} |")
    shares = sorted(one.installs.saved for one in changed if one.installs.before)
    if shares:
        best = max(changed, key=lambda one: one.installs.before - one.installs.after)
        lines.append(
            f"\nOf the {len(shares)} that dfix changes and that install something, the median saves "
            f"{statistics.median(shares):.0%} of the install runs, the worst {shares[0]:.0%}. "
            f"The most is saved in {best.name}: {best.installs.before:,} → {best.installs.after:,}."
        )
    if fewer:
        own = sorted(one.installs.saved for one in fewer)
        lines.append(
            f"Of the {len(fewer)} with fewer install runs, the median saves {statistics.median(own):.0%}, "
            f"the worst {own[0]:.1%}."
        )
    return "\n".join(lines) + "\n"


def total(counts: Iterable[Counts]) -> Counts:
    """The sum."""
    pairs = list(counts)
    return Counts(sum(c.before for c in pairs), sum(c.after for c in pairs))


def arrow(counts: Counts) -> str:
    """Three cells: before, after, the saved part."""
    return f"{counts.before:,} | {counts.after:,} | {counts.saved:.0%}"


def by_ecosystem(rows: list[Row]) -> str:
    """The sums for each ecosystem; a Dockerfile with several counts in each."""
    lines = ["| ecosystem | Dockerfiles | changed | before | after | saved |", "| --- | --- | --- | --- | --- | --- |"]
    for name in sorted({part for one in rows for part in parts_of(one)}):
        group = [one for one in rows if name in parts_of(one)]
        changed = sum(one.changed for one in group)
        lines.append(f"| {name} | {len(group)} | {changed} | {arrow(total(one.installs for one in group))} |")
    return "\n".join(lines) + "\n"


def parts_of(one: Row) -> list[str]:
    """The ecosystems of a Dockerfile."""
    return [part for part in one.ecosystems.replace(";", " ").replace(",", " ").split() if part]


def details(rows: list[Row]) -> str:
    """A line for each Dockerfile."""
    lines = ["| context | Dockerfile | builds | install runs | | saved | downloads | | saved | slow steps | | saved |"]
    lines.append("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for one in rows:
        counts = " | ".join(map(arrow, (one.installs, one.downloads, one.slow)))
        lines.append(f"| {one.name} | {one.dockerfile} | {one.commits} | {counts} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())

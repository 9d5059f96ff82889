"""How many installs of real Dockerfiles a split reaches, by ecosystem and by reason; docs/reach.md has the tables.

`python scripts/reach.py` prints the report, `--write` keeps it. The set is `reach/reach.tar.xz` in the folder that
DFIX_SHARED names: Dockerfiles with build contexts and histories, and what dfix 0.1.0 said of each. `--rows FILE` writes
each row.

Nothing here asks a rule whether it has split something: reach_measure.py reads the text before and after.
"""

from __future__ import annotations

import argparse
import gzip
import json
import multiprocessing
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from reach_measure import Fetch, commits, fetches
from reach_report import Row, Way, report
from shared_data import NO_REACH, REACH_CACHE, table, unpacked_reach

from dfix.rewriter.context.folder import Context
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source

PROCESSES = 2
SPLIT = "split-manifests"
ROOT = Path(__file__).resolve().parents[1]


class Case(NamedTuple):
    """A row of the set: a Dockerfile and an ecosystem whose packages it fetches."""

    name: str
    ecosystem: str
    dockerfile: str
    """Its path in the context."""


class Said(NamedTuple):
    """What a version of dfix makes of a file."""

    text: str
    refused: tuple[tuple[int, str, str], ...]
    """Line, code and reason of each install that it leaves alone."""
    changed: bool
    """Whether it splits something."""


def cases(folder: Path) -> Iterator[Case]:
    """The rows in which something is to be gained."""
    places = {row["name"]: row["dockerfile"] for row in table(folder / "contexts.tsv")}
    for row in table(folder / "baseline-files.tsv"):
        if not row["control"]:
            yield from (Case(row["name"], name, places[row["name"]]) for name in row["ecosystems"].split(","))


def look(folder: Path, baseline: dict[str, Any], case: Case) -> Row:
    """What dfix 0.1.0 and this one make of a row."""
    root = folder / "contexts" / case.name
    path = root / case.dockerfile
    source = Source.from_bytes(str(path), path.read_bytes())
    result = run(source, Options(context=str(root)))
    now = Said(
        result.after.text,
        tuple((one.line_after, one.code, one.reason) for one in result.refusals if one.rule == SPLIT),
        any(one.rule == SPLIT for one in result.changes),
    )
    known = baseline[case.name]["files"][0]
    refusals = (one for one in known["refusals"] if one["rule"] == SPLIT)
    then = Said(
        _edited(source.text, known["edits"]),
        tuple((one.get("line_after", one["line"]), one["code"], one["reason"]) for one in refusals),
        any(one["rule"] == SPLIT for one in known["changes"]),
    )
    context = Context.open(str(root), str(path))
    before = fetches(source.text, case.ecosystem, context)
    history = folder / "contexts" / f"{case.name}.history.tsv"
    ways = (_way(said, before, case, context, history) for said in (then, now))
    return Row(case.name, case.ecosystem, max((commits(history, one) for one in before), default=0), *ways)


def _edited(text: str, edits: Iterable[dict[str, Any]]) -> str:
    lines = text.splitlines(keepends=True)
    for edit in sorted(edits, key=lambda edit: -int(edit["line"])):
        at = edit["line"] - 1
        lines[at : at + edit["lines"]] = [edit["text"]]
    return "".join(lines)


def _way(said: Said, before: Sequence[Fetch], case: Case, context: Context, history: Path) -> Way:
    """The outcome over all stages that fetch: of several, the first that is not split decides."""
    if not before:
        return Way("unseen", "", 0)
    before = [fetch for fetch in before if fetch.by_folder]
    after = {fetch.stage: fetch for fetch in fetches(said.text, case.ecosystem, context)}
    outcome = Way("split" if before else "already", "", 0)
    for fetch in before:
        now = after.get(fetch.stage)
        if now is None:
            return Way("unseen", "the fetch is gone", 0)
        count = commits(history, now)
        outcome = outcome._replace(commits=max(outcome.commits, count))
        if now.files() < fetch.files() and count <= commits(history, fetch):
            continue
        found = next(((code, reason) for line, code, reason in said.refused if line in now.lines), None)
        if found is not None:
            return Way(f"refused: {found[0]}", found[1], count)
        return Way("another step" if said.changed else "silent", "", count)
    return outcome


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true", help="keep the report in docs/reach.md")
    parser.add_argument("--rows", type=Path, help="write what happens to each row to this file")
    parser.add_argument("--only", default="", help="look at the rows of this ecosystem only")
    arguments = parser.parse_args()
    folder = unpacked_reach(REACH_CACHE)
    if folder is None:
        sys.exit(NO_REACH)
    if arguments.write and arguments.only:
        parser.error("--write keeps the report of everything: leave --only out")
    baseline = json.loads(gzip.decompress((folder / "baseline.json.gz").read_bytes()))
    rows = [case for case in cases(folder) if arguments.only in ("", case.ecosystem)]
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        seen = list(pool.imap(partial(look, folder, baseline), rows, chunksize=8))
    if arguments.rows:
        arguments.rows.write_text("".join("\t".join(row.cells()) + "\n" for row in seen), encoding="utf-8")
    text = report(seen)
    print(text)
    if arguments.write:
        (ROOT / "docs" / "reach.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

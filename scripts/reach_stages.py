"""How far the rules multistage and slim-base reach: what becomes of real stages that ship more than they need.

    python scripts/reach_stages.py            prints the report; --write keeps it in docs/reach-stages.md
    python scripts/reach_stages.py --diffs DIR    also writes the diff of each changed file

A candidate is a Dockerfile with a single stage that ships a compiler, development dependencies or a full base image.
The Dockerfiles are those of the reach set and of the corpus that have their build context, in the folder that
DFIX_SHARED names.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from shared_data import corpus, table, unpacked_reach

from dfix.rewriter.context.folder import Context
from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.model import build
from dfix.rewriter.model.official_images import base_image
from dfix.rewriter.pipeline.job import rewrite
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.text.source import Source
from dfix.transforms.multistage.ships_compiler import shipped_compiler, shipped_development_dependencies

PROCESSES = 2
RULES = ("multistage", "slim-base")
_PAGE = Path(__file__).resolve().parents[1] / "docs" / "reach-stages.md"


class Case(NamedTuple):
    """A Dockerfile with its build context."""

    collection: str
    """"reach" or "corpus"."""
    name: str
    dockerfile: str
    context: str


class Seen(NamedTuple):
    """What became of a candidate."""

    case: Case
    ships: str
    """What it ships without need: "compiler", "development dependencies" or "full base image"."""
    converted: str
    """The rule that changed its base image or its stages; "" where none did."""
    reasons: tuple[tuple[str, str, str], ...]
    """Rule, code and text of each refusal of these rules."""
    diff: str


def cases(folder: Path) -> Iterator[Case]:
    """The Dockerfiles with a build context, whose folders are written below `folder`."""
    reach, data = unpacked_reach(folder), corpus()
    if reach is None or data is None:
        sys.exit("the shared data is absent: name its folder in DFIX_SHARED")
    for row in table(reach / "contexts.tsv"):
        root = reach / "contexts" / row["name"]
        (root / ".git").mkdir(exist_ok=True)
        yield Case("reach", row["name"], str(root / row["dockerfile"]), str(root))
    data.unpack_contexts(folder / "corpus")
    for context, paths in sorted(data.dockerfiles_of().items()):
        for path in paths:
            root = folder / "corpus" / context
            yield Case("corpus", f"{context}/{path}", str(root / path), str(root))


def look(case: Case) -> Seen | None:
    """What becomes of a Dockerfile; None for one that is not a candidate."""
    source = Source.from_bytes(case.dockerfile, Path(case.dockerfile).read_bytes())
    ships = _ships_needlessly(source, case)
    if not ships:
        return None
    options = Options(unsafe=True, context=case.context, root=case.context)
    result = rewrite(source, options).result
    rules = [change.rule for change in result.changes if change.rule in RULES]
    reasons = tuple((one.rule, one.code, one.reason) for one in result.refusals if one.rule in RULES)
    before, after = (text.text.splitlines(keepends=True) for text in (result.before, result.after))
    diff = "".join(unified_diff(before, after, case.name, case.name))
    said = "".join(f"# {change.rule}: {change.reason}\n" for change in result.changes)
    said += "".join(f"# {rule} refused ({code}): {text}\n" for rule, code, text in reasons)
    return Seen(case, ships, min(rules, default=""), reasons, said + diff)


def _ships_needlessly(source: Source, case: Case) -> str:
    """What the only stage ships without need; "" where it is nothing, or there are several stages."""
    tree = parse(source)
    if check(tree) is not None:
        return ""
    context = Context.open(case.context, case.dockerfile)
    model = build(tree, open_context=lambda: context)
    if len(model.stages) != 1:
        return ""
    (stage,) = model.stages
    base = base_image(stage.image)
    if base is not None and base.smaller:
        return "full base image"
    if shipped_compiler(stage):
        return "compiler"
    return "development dependencies" if shipped_development_dependencies(model, stage) else ""


def report(seen: list[Seen]) -> str:
    """The page: counts by what ships, then the refusals by reason code."""
    lines = ["# How far multistage and slim-base reach", "", *_INTRODUCTION, ""]
    lines += ["| collection | what ships | files | split by multistage | slim-base only | left alone |"]
    lines += ["| --- | --- | --- | --- | --- | --- |"]
    for key in sorted({(one.case.collection, one.ships) for one in seen}):
        lines.append(_row(" | ".join(key), [one for one in seen if (one.case.collection, one.ships) == key]))
    lines.append(_row("both | all", seen))
    left = [one for one in seen if not one.converted]
    counts = Counter(_said(one) for one in left)
    lines += ["", "What dfix says of the files that it leaves alone (the reason of multistage, else of slim-base):", ""]
    lines += ["| reason | reach | corpus |", "| --- | --- | --- |"]
    for code, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        where = Counter(one.case.collection for one in left if _said(one) == code)
        lines.append(f"| {code} | {where['reach']} | {where['corpus']} |")
    return "\n".join(lines) + "\n"


_INTRODUCTION = (
    "Made by `python scripts/reach_stages.py --write`: real Dockerfiles with their build contexts. A candidate has",
    "a single stage and ships a compiler, development dependencies or a base image of which dfix knows a slim variant.",
    "Counted with `--unsafe`. These conversions were not built; [results.md](results.md) lists those that were.",
)


def _row(head: str, seen: list[Seen]) -> str:
    by = Counter(one.converted for one in seen)
    return f"| {head} | {len(seen)} | {by['multistage']} | {by['slim-base']} | {by['']} |"


def _said(one: Seen) -> str:
    """Rule and code of the refusal that explains most; "nothing" where there is none."""
    by_rule = {rule: code for rule, code, _ in reversed(one.reasons)}
    rule = next((rule for rule in RULES if rule in by_rule), "")
    return f"{rule}: {by_rule[rule]}" if rule else "nothing"


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep the report in docs/reach-stages.md")
    parser.add_argument("--diffs", type=Path, help="write each candidate's reasons and diff to this folder")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = list(cases(Path(folder)))
        with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
            seen = [one for one in pool.imap(look, found, chunksize=8) if one is not None]
    if asked.diffs:
        asked.diffs.mkdir(parents=True, exist_ok=True)
        for one in seen:
            name = f"{one.converted or 'left'}+{one.case.collection}+{one.case.name}".replace("/", "+")
            (asked.diffs / f"{name}.diff").write_text(one.diff, encoding="utf-8", errors="surrogateescape")
    text = report(seen)
    print(text, end="")
    if asked.write:
        _PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

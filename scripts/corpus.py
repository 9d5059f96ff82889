"""Run dfix on the corpus of real Dockerfiles; count failures, changes and refusals.

`python scripts/corpus.py` prints the report; `--write` writes it to docs/corpus.md. `--sample N` uses N single files.
Exits 1 if a count that must be 0 is not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Iterator
from difflib import unified_diff
from functools import partial
from pathlib import Path
from typing import NamedTuple

from corpus_outcome import Outcome
from corpus_report import largest_share, report
from shared_data import corpus
from silence import silent_compilers, silent_installs, silent_neighbours
from soundness import as_valid_text, counted, look_at

from dfix.rewriter.dockerfile import Fault, parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.result import Result
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.pipeline.transform import is_opt_in

PROCESSES = 2
LARGEST_SHARE = 15
"""The percentage of all places that are left alone that one code may explain; with a larger one it says too little."""
SPLIT = "split-manifests"


class Case(NamedTuple):
    """A Dockerfile to check. `folder` is its build context, "" for a single file, which has BuildKit's `verdict`."""

    name: str
    path: str
    data: bytes
    folder: str
    verdict: str


def look(rule: str, case: Case) -> Outcome:
    """Run every check on one file. `rule` is the only transform to run, "" for all."""
    try:
        return _look(rule, case)
    except Exception:  # a crash is what is being counted
        crash = {"crash": traceback.format_exc()}
        return Outcome(case.name, bool(case.folder), "crash", "", crash, Counter(), Counter(), "")


def _look(rule: str, case: Case) -> Outcome:
    options = Options(
        select=frozenset((rule,)) if rule else None, context=case.folder or None, use_context=bool(case.folder)
    )
    result, faults, known = look_at(case.path, case.data, options)
    verdict = _verdict(case, check(parse(result.before)))
    changed, refused = counted(result)
    unsafe = look_at(case.path, case.data, options._replace(unsafe=True))
    silent = (
        {} if rule else {column: "; ".join(found) for column, found in _silent(case, result, unsafe.result, options)}
    )
    faults = {**unsafe.faults, **faults, **{column: found for column, found in silent.items() if found}}
    return Outcome(
        case.name,
        bool(case.folder),
        "problem" if result.problem is not None else "note" if result.notes else "read",
        known,
        faults | ({"verdict": verdict} if verdict else {}),
        changed,
        refused,
        _diff(case.name, result) if result.changed else "",
        _installs(result),
        _unsafe_changes(unsafe.result) if case.folder else (),
    )


def _silent(case: Case, result: Result, unsafe: Result, options: Options) -> Iterator[tuple[str, Iterator[str]]]:
    """The places without a change or a reason, by column of the report: those of the text that dfix leaves."""
    if result.problem is not None or result.notes:
        return
    again = run(result.after, options)
    yield "silent install", silent_installs(again, case.folder)
    yield "silent RUN", silent_neighbours(again)
    options = options._replace(unsafe=True)
    yield "silent compiler", silent_compilers(unsafe if not unsafe.changed else run(unsafe.after, options))


def _installs(result: Result) -> tuple[str, ...]:
    """For each install after a COPY of the sources: "split", or why it was left alone."""
    made = ["split" for change in result.changes if change.rule == SPLIT]
    return (*made, *(f"line {one.line}: {one.reason}" for one in result.refusals if one.rule == SPLIT))


def _unsafe_changes(result: Result) -> tuple[str, ...]:
    """What the rules that need --unsafe changed, and why they left other stages alone."""
    rules = {rule.NAME for rule in transforms() if rule.CONTRACT == "changed-image" and not is_opt_in(rule)}
    made = [f"{change.rule}: {change.reason}" for change in result.changes if change.rule in rules]
    refused = [one for one in result.refusals if one.rule in rules]
    return (*made, *(f"{one.rule} left it alone: {one.reason}" for one in refused))


def _verdict(case: Case, fault: Fault | None) -> str:
    if not case.verdict or (fault is None) == (case.verdict == "ok"):
        return ""
    return f"BuildKit says {case.verdict}, dfix {fault.message if fault is not None else 'ok'}"


def _diff(name: str, result: Result) -> str:
    """A unified diff below its reasons, for reading."""
    said = [f"# {change.line}: {change.rule} ({change.contract}): {change.reason}\n" for change in result.changes]
    said += [
        f"# {refusal.line}: {refusal.rule} refused ({refusal.code}): {refusal.reason}\n" for refusal in result.refusals
    ]
    before, after = (as_valid_text(source).splitlines(keepends=True) for source in (result.before, result.after))
    return "".join(
        said + [line if line.endswith("\n") else line + "\n" for line in unified_diff(before, after, name, name)]
    )


def lone_cases(sample: int, seed: int) -> list[Case]:
    """The single files, or `sample` of them."""
    data = corpus()
    assert data is not None
    verdicts = data.verdicts()
    names = sorted(data.dockerfiles)
    if sample and sample < len(names):
        names = sorted(random.Random(seed).sample(names, sample))
    return [Case(name, f"/lone/{name}", data.dockerfiles[name], "", verdicts[name]) for name in names]


def context_cases(folder: Path) -> list[Case]:
    """The Dockerfiles of the build contexts; writes the contexts below `folder`."""
    data = corpus()
    assert data is not None
    data.unpack_contexts(folder)
    return [
        Case(
            f"{context}/{path}",
            str(folder / context / path),
            data.context_files[context][path],
            str(folder / context),
            "",
        )
        for context, paths in sorted(data.dockerfiles_of().items())
        for path in paths
    ]


def look_at_all(cases: list[Case], rule: str) -> Iterator[Outcome]:
    """Check all cases in order, in two processes. They are spawned: the Go runtime hangs in forked ones."""
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        yield from pool.imap(partial(look, rule), cases, chunksize=32)


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=0, help="look at this many lone files, and all contexts")
    parser.add_argument("--seed", type=int, default=1, help="which sample (default 1)")
    parser.add_argument("--rule", default="", help="run one transform only")
    parser.add_argument("--diffs", type=Path, help="write the diff of each changed file to this folder")
    parser.add_argument("--write", action="store_true", help="keep the report in docs/corpus.md")
    arguments = parser.parse_args()
    if arguments.write and (arguments.sample or arguments.rule):
        parser.error("--write keeps the report of everything: leave --sample and --rule out")
    if corpus() is None:
        sys.exit("the corpus is absent: name its folder in DFIX_SHARED")
    with tempfile.TemporaryDirectory() as folder:
        cases = lone_cases(arguments.sample, arguments.seed) + context_cases(Path(folder))
        seen = list(look_at_all(cases, arguments.rule))
    if arguments.diffs:
        _keep_diffs(arguments.diffs, seen)
    text = report(seen)
    print(text)
    if arguments.write:
        Path(__file__).resolve().parents[1].joinpath("docs", "corpus.md").write_text(text, encoding="utf-8")
    wrong = [(one.name, column, message) for one in seen for column, message in one.faults.items()]
    for name, column, message in wrong:
        print(f"{name}: {column}: {message}", file=sys.stderr)
    code, share = largest_share(seen)
    if not arguments.rule and share > LARGEST_SHARE:
        print(f"the code {code} explains {share:.1f} % of the places, more than {LARGEST_SHARE} %", file=sys.stderr)
        return 1
    return 1 if wrong else 0


def _keep_diffs(folder: Path, seen: list[Outcome]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in seen:
        if one.diff:
            kind = "context" if one.in_context else "lone"
            (folder / f"{kind}+{one.name.replace('/', '+')}.diff").write_text(one.diff, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

"""Count what linters report before and after dfix and other fixers, on the same real files: `make checks`.

    python scripts/peer_checks.py --write

Linters: hadolint, and tally for BuildKit's checks and its own. A fixer's result counts only where BuildKit accepts it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from bench import SHARED, choose, corpus_files, fault, run
from bench_tools import DFIX_WRITES, PEERS, REPOSITORY, TALLY, BenchError, Handled, Output, Tool, installed, version
from peer_checks_report import Counts, Sample, is_public, report
from reference import buildkit_reads, lost_comments

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.dockerfile.rules import check
from dfix.rewriter.pipeline.registry import transforms
from dfix.rewriter.pipeline.transform import is_opt_in
from dfix.rewriter.text.source import Source

Files = Mapping[int, bytes]
Findings = Mapping[int, Counter[str]]
"""How often each check is reported, for each file that the linters read."""
_UNREADABLE = "DL1000"
_NAMED = re.compile(r"\(([\w, ]+)\)$")
_TALLY_LINTS = ("lint", "--no-config", "--slow-checks", "off", "--ignore", "shellcheck/*", "--format", "json")


def _dfix_handled(output: Output) -> Handled:
    return Handled(len(json.loads(output.stdout)["files"]))


def _selected() -> str:
    return ",".join(rule.NAME for rule in transforms() if not is_opt_in(rule) or rule.NAME == "modernise")


(_DOCTOR,) = (tool for tool in PEERS if tool.program == "dockerfile-doctor")
(_HADOLINT,) = (tool for tool in PEERS if tool.program == "hadolint")
HADOLINT = _HADOLINT._replace(
    arguments=("--no-fail", "--format", "json"), handled=lambda output: Handled(len(json.loads(output.stdout)))
)
TALLY_LINTS = TALLY._replace(arguments=(*_TALLY_LINTS, "--output", "{report}"))
DFIX = DFIX_WRITES._replace(
    name="dfix",
    arguments=("--isolated", "--write", "--output-format", "json", "--select", _selected()),
    handled=_dfix_handled,
)
FIXERS = (
    DFIX,
    TALLY._replace(name="tally --fix"),
    _DOCTOR._replace(name="dockerfile-doctor --fix"),
)


def run_on(tool: Tool, program: Path, files: Files) -> tuple[dict[int, bytes], Output]:
    """Run a tool on copies of the files; return them as it leaves them, without those at which tally stops."""
    left = dict(files)
    while True:
        with tempfile.TemporaryDirectory() as name:
            paths = {number: Path(name, f"{number:04}", "Dockerfile") for number in left}
            for number, path in paths.items():
                path.parent.mkdir()
                path.write_bytes(left[number])
            named = ["."] if tool.on_folder else [str(path.relative_to(name)) for path in paths.values()]
            done = run([str(program), *tool.arguments, *named], Path(name))
            stopped = re.search(r"failed to lint (\d+)/Dockerfile", done.output.stderr)
            if stopped is None:
                why = "" if tool is HADOLINT and done.status == 0 else fault(tool, done, len(left))
                if why:
                    raise BenchError(f"{tool.name}: {why}")
                return {number: path.read_bytes() for number, path in paths.items()}, done.output
        del left[int(stopped[1])]


def _number(path: str) -> int:
    return int(Path(path).parent.name)


def hadolint_findings(output: str, files: Files) -> dict[int, Counter[str]]:
    """What hadolint's JSON says of each file that it can read."""
    found: dict[int, Counter[str]] = {number: Counter() for number in files}
    for finding in json.loads(output):
        found[_number(finding["file"])][finding["code"]] += 1
    return {number: checks for number, checks in found.items() if _UNREADABLE not in checks}


def tally_findings(report: str, files: Files) -> dict[int, Counter[str]]:
    """What tally's JSON says of each file: checks of BuildKit by their own names, and of tally."""
    found: dict[int, Counter[str]] = {number: Counter() for number in files}
    for file in json.loads(report)["files"]:
        rules = (violation["rule"] for violation in file["violations"])
        found[_number(file["file"])] = Counter(
            rule.removeprefix("buildkit/") for rule in rules if rule.startswith(("buildkit/", "tally/"))
        )
    return found


def lint(files: Files) -> dict[int, Counter[str]]:
    """What both linters report of each file that both can read."""
    if not files:
        return {}
    by_hadolint = hadolint_findings(run_on(HADOLINT, installed(HADOLINT), files)[1].stdout, files)
    read, output = run_on(TALLY_LINTS, installed(TALLY_LINTS), files)
    by_tally = tally_findings(output.report, read)
    return {number: by_hadolint[number] + by_tally[number] for number in by_hadolint.keys() & by_tally.keys()}


def accepted(content: bytes) -> bool:
    """Whether BuildKit's parser reads a file, and its instructions are valid."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return False
    return buildkit_reads(text) is not None and check(parse(Source.from_bytes("", content))) is None


def count(name: str, before: Files, after: Files, found: Findings, left: Findings, again: Files) -> Counts:
    """Compare files and findings before and after a fixer. `again` is a second run on what changed."""
    changed = {number for number in before if after.get(number, before[number]) != before[number]}
    good = {number for number in changed if accepted(after[number])}
    read = good & found.keys() & left.keys()
    gone: Counter[str] = Counter()
    new: Counter[str] = Counter()
    for number in read:
        gone += found[number] - left[number]
        new += left[number] - found[number]
    return Counts(
        name,
        changed=len(changed),
        refused=len(changed - good),
        unread=len(good & found.keys() - left.keys()),
        uncommented=sum(bool(lost_comments(before[number].decode(), after[number].decode())) for number in good),
        unstable=sum(again[number] != after[number] for number in good & again.keys()),
        gone=gone,
        new=new,
    )


def named(output: str) -> dict[int, Counter[str]]:
    """The checks that dfix's reasons name, for each file."""
    found: dict[int, Counter[str]] = {}
    for file in json.loads(output)["files"]:
        reasons = (_NAMED.search(change["reason"]) for change in file["changes"] if change["rule"] == "modernise")
        found[_number(file["path"])] = Counter(check for match in reasons if match for check in match[1].split(", "))
    return found


def still_reported(said: Findings, found: Findings, left: Findings) -> dict[int, Counter[str]]:
    """Of what dfix says it fixed and was reported before, what is reported still."""
    rows = {
        number: (checks & found[number]) - (found[number] - left[number])
        for number, checks in said.items()
        if number in left
    }
    return {number: checks for number, checks in rows.items() if checks}


def measure(files: Files, tell: Callable[[str], None]) -> Sample:
    """Lint the files, fix them with each fixer, and lint what changed."""
    tell("linting the files")
    found = lint(files)
    rows = []
    said: Counter[str] = Counter()
    broken: Counter[str] = Counter()
    for tool in FIXERS:
        tell(tool.name)
        program = installed(tool)
        after, output = run_on(tool, program, files)
        good = {number: content for number, content in after.items() if content != files[number] and accepted(content)}
        again = run_on(tool, program, good)[0] if good else {}
        left = lint({number: content for number, content in good.items() if number in found})
        rows.append(count(tool.name, files, after, found, left, again))
        if tool is DFIX:
            claims = {number: checks for number, checks in named(output.stdout).items() if number in found}
            said = sum((checks & found[number] for number, checks in claims.items()), Counter())
            for number, checks in left.items():
                if added := {check for check in checks - found[number] if is_public(check)}:
                    tell(f"  file {number}: newly {', '.join(sorted(added))}")
            broken = sum(still_reported(claims, found, left).values(), Counter())
    return Sample(len(files), len(found), sum(found.values(), Counter()), rows, said, broken)


def main() -> int:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="how many files (default 2000)")
    parser.add_argument("--seed", type=int, default=1, help="which files (default 1)")
    parser.add_argument("--keep", type=Path, help="also write the files that were chosen to this folder")
    parser.add_argument("--write", action="store_true", help="keep the page in docs/checks.md")
    arguments = parser.parse_args()
    try:
        candidates = corpus_files(SHARED / "corpus" / "corpus.tar.gz", arguments.seed)
        chosen, _ = choose(candidates, arguments.files, installed(TALLY))
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            for number, content in enumerate(chosen):
                (arguments.keep / f"{number:04}").write_bytes(content)
        sample = measure(dict(enumerate(chosen)), lambda line: print(line, file=sys.stderr, flush=True))
        versions = {tool.program: version(tool, installed(tool)) for tool in (HADOLINT, *FIXERS)}
    except BenchError as error:
        sys.exit(str(error))
    text = report(sample, arguments.seed, versions)
    print(text)
    if arguments.write:
        (REPOSITORY / "docs" / "checks.md").write_text(text, encoding="utf-8")
    return 1 if sample.broken else 0


if __name__ == "__main__":
    sys.exit(main())

"""Measure dfix beside other Dockerfile fixers and linters, on the same real files, in one run.

    python scripts/bench.py --out docs/bench.md

Each tool gets a virtual environment of its own below `$XDG_CACHE_HOME/dfix-bench`. Tools run in turn, round after
round, each time on a fresh copy of the files (some of them write). A run only counts if its exit status
means success for that tool, and its own report names as many files as it was given.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import random
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

from bench_guard import cost_alone, cost_with_contexts
from bench_tools import (
    DFIX,
    DFIX_WRITES,
    PEERS,
    REPOSITORY,
    SLOW,
    TALLY,
    BenchError,
    Handled,
    Output,
    Tool,
    installed,
    version,
)
from rich.console import Console
from rich.progress import Progress

SHARED = Path(os.environ.get("DFIX_SHARED", REPOSITORY.parent / "shared"))


APART, TOGETHER = "{:04}/Dockerfile", "Dockerfile.{:04}"
"""Each file in a folder of its own, or all in one."""


class Run(NamedTuple):
    """One run: seconds, the peak RSS of its largest process in MB, its exit status and output."""

    seconds: float
    memory: float
    status: int
    output: Output


# Tools are started from a small process, because a child's peak RSS starts at that of its parent.
_LAUNCHER = """
import json, os, sys, time
start = time.perf_counter()
pid = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(pid, 0)
seconds = time.perf_counter() - start
with open(sys.argv[1], "w") as file:
    json.dump([seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)], file)
"""


def corpus_files(archive: Path, seed: int) -> list[bytes]:
    """Files of the corpus that are a project's own, UTF-8 and accepted by BuildKit's parser, shuffled by `seed`."""
    if not archive.exists():
        raise BenchError(f"{archive} is missing; set DFIX_SHARED to the folder with the corpus")
    contents = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and (stream := tar.extractfile(member)) is not None:
                contents[member.name] = stream.read()

    def rows(name: str) -> csv.DictReader[str]:
        return csv.DictReader(contents[name].decode().splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)

    accepted = {row["file"] for row in rows("buildkit-verdict.tsv") if row["verdict"] == "ok"}
    names = sorted({row["file"] for row in rows("index.tsv") if row["kind"] == "real"} & accepted)
    random.Random(seed).shuffle(names)
    return [contents[name] for name in names if _is_utf8(contents[name])]


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def run(command: list[str], folder: Path, text: bytes = b"") -> Run:
    """Run `command` in `folder` with `text` on standard input, its own home and none of the user's settings."""
    with tempfile.TemporaryDirectory() as name:
        side = Path(name)
        env = {"PATH": os.environ["PATH"], "HOME": name, "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
        command = [argument.replace("{report}", f"{name}/report") for argument in command]
        (side / "stdin").write_bytes(text)
        with (side / "stdin").open("rb") as stdin, (side / "out").open("wb") as out, (side / "err").open("wb") as err:
            launcher = [sys.executable, "-I", "-S", "-c", _LAUNCHER, f"{name}/measured", *command]
            subprocess.run(launcher, cwd=folder, env=env, stdin=stdin, stdout=out, stderr=err, check=True)
        seconds, memory, status = json.loads((side / "measured").read_text())
        texts = [(side / part).read_text(errors="replace") for part in ("out", "err")]
        report = (side / "report").read_text(errors="replace") if (side / "report").exists() else ""
        return Run(seconds, memory, status, Output(texts[0], texts[1], report))


def run_on(tool: Tool, program: Path, files: list[bytes], place: str = APART) -> Run:
    """Run the tool once on a fresh copy of the files; `place` says where each of them is."""
    with tempfile.TemporaryDirectory() as name:
        paths = [place.format(number) for number in range(len(files))]
        for path, content in zip(paths, files, strict=True):
            file = Path(name, path)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
        return run([str(program), *tool.arguments, *(["."] if tool.on_folder else paths)], Path(name))


def fault(tool: Tool, done: Run, count: int) -> str:
    """Why a run doesn't count; "" if it handled all `count` files."""
    if done.status not in tool.finished:
        return f"exit status {done.status}: {done.output.stderr.strip()[-200:]}"
    try:
        handled = tool.handled(done.output)
    except (KeyError, ValueError):
        return f"no report, exit status {done.status}: {done.output.stderr.strip()[-200:]}"
    return "" if handled.files == count else f"it handled {handled.files} of {count} files"


def choose(files: list[bytes], count: int, tally: Path) -> tuple[list[bytes], int]:
    """Take the first `count` files, replacing those at which tally stops; also return how many were replaced."""
    if len(files) < count:
        raise BenchError(f"the corpus has {len(files)} files of this kind, fewer than {count}")
    chosen, spare = files[:count], files[count:]
    replaced = 0
    while True:
        done = run_on(TALLY, tally, chosen)
        why = fault(TALLY, done, count)
        if not why:
            return chosen, replaced
        stopped = re.search(r"failed to lint (\d+)/Dockerfile", done.output.stderr)
        if stopped is None or not spare:
            raise BenchError(f"tally: {why}")
        chosen[int(stopped[1])] = spare.pop(0)
        replaced += 1


class Row(NamedTuple):
    """Medians for one tool, or why there are none (`failed`). `cold` is in ms."""

    tool: Tool
    version: str
    handled: Handled
    seconds: float
    memory: float
    cold: float
    failed: str


def measure(
    programs: dict[Tool, Path], files: list[bytes], runs: int, cold_runs: int, path: str = APART
) -> tuple[list[Row], float]:
    """Measure the tools in turn, so a slow minute affects all: a row per tool, and dfix's median on stdin in ms."""
    many: dict[Tool, list[Run]] = {tool: [] for tool in programs}
    cold: dict[Tool, list[float]] = {tool: [] for tool in programs}
    stdin: list[float] = []
    one = sorted(files, key=len)[len(files) // 2]
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=len(programs) * (runs + cold_runs))
        for tool, program in list(programs.items()) * runs:
            progress.update(task, description=f"{tool.name}, {len(files)} files")
            many[tool].append(run_on(tool, program, files, path))
            progress.advance(task)
        for tool, program in list(programs.items()) * cold_runs:
            progress.update(task, description=f"{tool.name}, one file")
            done = run_on(tool, program, [one])
            if why := fault(tool, done, 1):
                raise BenchError(f"{tool.name} on one file: {why}")
            cold[tool].append(done.seconds * 1000)
            if tool is DFIX:
                stdin.append(_on_stdin(program, one))
            progress.advance(task)
    rows = []
    for tool, program in programs.items():
        failed = next(filter(None, (fault(tool, done, len(files)) for done in many[tool])), "")
        rows.append(
            Row(
                tool,
                version(tool, program),
                Handled(0) if failed else tool.handled(many[tool][-1].output),
                statistics.median(done.seconds for done in many[tool]),
                statistics.median(done.memory for done in many[tool]),
                statistics.median(cold[tool] or [0]),
                failed,
            )
        )
    return rows, statistics.median(stdin or [0])


def _on_stdin(program: Path, content: bytes) -> float:
    """The milliseconds that dfix takes as a filter, as in an editor."""
    done = run([str(program), "--isolated", "--stdin-filename", "Dockerfile", "-"], REPOSITORY, content)
    if done.status or not done.output.stdout:
        raise BenchError(f"dfix on stdin: exit status {done.status}: {done.output.stderr}")
    return done.seconds * 1000


_COLUMNS = {
    "tool": "---",
    "version": "---",
    "what it does": "---",
    "files": "--:",
    "not parsed": "--:",
    "wall, s": "--:",
    "files/s": "--:",
    "files/s, dfix --diff = 1": "--:",
    "peak RSS, MB": "--:",
    "one file, ms": "--:",
}


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [f"| {' | '.join(_COLUMNS)} |", f"| {' | '.join(_COLUMNS.values())} |"]
    base = next((row.handled.files / row.seconds for row in rows if row.tool is DFIX and not row.failed), 0.0)
    for row in rows:
        cells = [row.tool.name, row.version, row.tool.does]
        if row.failed:
            cells += [f"failed: {' '.join(row.failed.split())}", *[""] * 6]
        else:
            rate = row.handled.files / row.seconds
            cells += [f"{row.handled.files}", f"{row.handled.unread}", f"{row.seconds:.2f}", f"{rate:.0f}"]
            cells += [f"{rate / base:.2f}" if base else "", f"{row.memory:.0f}", f"{row.cold:.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def short_table(rows: list[Row]) -> str:
    """What the tools take for the files in one folder."""
    lines = ["| tool | wall, s | files/s |", "| --- | --: | --: |"]
    for row in rows:
        cells = [f"{row.seconds:.2f}", f"{row.handled.files / row.seconds:.0f}"]
        if row.failed:
            cells = [f"failed: {' '.join(row.failed.split())}", ""]
        lines.append(f"| {' | '.join((row.tool.name, *cells))} |")
    return "\n".join(lines)


_PAGE = """# Speed

{count} real Dockerfiles from public repositories, accepted by BuildKit's own parser, chosen by seed {seed}; {replaced}
at which tally stops were replaced by others. Each tool ran on fresh copies of the same files, in turn with the others.
Medians of {runs} runs on {cores} cores ({machine}), Python {python}.

{table}

- files: as counted by the tool itself. A run that ends early does not count.
- not parsed: files that the tool says it cannot read.
- peak RSS: of the tool's largest process.
- dfix's own check that stages end and run with the same files takes {guard}; on
  real files with their build contexts, {guard_with_contexts}
  (`scripts/bench_guard.py`). It should stay below 3 %.
- one file: a new process for the file of median size ({size} bytes), file cache warm, median of {cold} runs.
  dfix from stdin to stdout takes {stdin:.0f} ms.

The same files side by side in one folder (`Dockerfile.0001`, `Dockerfile.0002`, …), medians of {runs} runs:

{together}

Made by `make bench`.
"""


def main() -> int:
    """Measure, print the table and write it to `--out`; returns 1 if a tool did not finish."""
    parser = argparse.ArgumentParser(description="Measure dfix beside other Dockerfile tools on real files.")
    parser.add_argument("--files", type=int, default=785, help="how many files")
    parser.add_argument("--seed", type=int, default=1, help="which files")
    parser.add_argument("--runs", type=int, default=5, help="runs of each tool on all files")
    parser.add_argument("--cold", type=int, default=15, help="runs of each tool on one file")
    parser.add_argument("--out", type=Path, help="file to write the markdown to")
    options = parser.parse_args()
    try:
        programs = {tool: installed(tool) for tool in (DFIX, DFIX_WRITES, *PEERS)}
        files, replaced = choose(
            corpus_files(SHARED / "corpus" / "corpus.tar.gz", options.seed), options.files, programs[TALLY]
        )
        rows, stdin = measure(programs, files, options.runs, options.cold)
        quick = {tool: program for tool, program in programs.items() if tool.name not in SLOW}
        together, _ = measure(quick, files, options.runs, 0, TOGETHER)
    except BenchError as error:
        print(f"bench: {error}", file=sys.stderr)
        return 2
    page = _PAGE.format(
        count=len(files),
        seed=options.seed,
        replaced=replaced,
        runs=options.runs,
        cores=len(os.sched_getaffinity(0)),
        machine=platform.machine(),
        python=platform.python_version(),
        table=table(rows),
        together=short_table(together),
        size=sorted(map(len, files))[len(files) // 2],
        cold=options.cold,
        stdin=stdin,
        guard=cost_alone(files),
        guard_with_contexts=cost_with_contexts(),
    )
    print(page)
    if options.out:
        options.out.write_text(page, encoding="utf-8")
    return 1 if any(row.failed for row in (*rows, *together)) else 0


if __name__ == "__main__":
    sys.exit(main())

"""Give the same hostile repositories to dfix, tally and hadolint, and write what each did to docs/security.md.

    python scripts/security_table.py            # print the tables
    python scripts/security_table.py --write    # put them into docs/security.md
    python scripts/security_table.py pipe ESC   # only inputs whose names, or groups, contain one of these

A tool is ended once it has used 5 seconds of CPU time, does nothing for 30 seconds, or takes 1 GB of memory.
"""

from __future__ import annotations

import datetime
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench_tools import DFIX, PEERS, Tool, installed, version
from security_inputs import GROUPS, SECRET, Input, make

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/security.md"
BEGIN, END = "<!-- tables: written by `make security` -->", "<!-- end of the tables -->"
MOST_CPU, MOST_WAIT, MOST_WALL, MOST_MEMORY = 5.0, 30.0, 300.0, 1_000_000_000
RULES = "split-manifests,merge-runs,clean-up,dockerignore,multistage,slim-base"
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")
TALLY, HADOLINT = (next(tool for tool in PEERS if tool.name == name) for name in ("tally", "hadolint"))


REFUSALS = {
    DFIX.name: (
        "Exclude it",
        "wrote nothing",
        "cannot be used",
        "outside of",
        "not valid",
        "not a regular file",
        "larger than",
    ),
    TALLY.name: ("file too large", "Error:", "error:", "failed to", "parse error", "too many"),
    HADOLINT.name: ("unexpected", "openBinaryFile", "openFile", "withFile", "Error", "invalid"),
}
"""What the tools say when they don't read something."""


class Ran(NamedTuple):
    """How a run ended: its exit status (negative for a signal), why it was ended if it was, and its output."""

    status: int
    ended: str
    cpu: float
    output: str


def of_dfix(program: Path, root: Path, one: Input) -> list[str]:
    """Run dfix on the repository, with all rules and all reasons."""
    does = "--write" if one.writes else "--explain"
    rules = () if "dfix.toml" in one.files and one.files["dfix.toml"].startswith("select") else ("--select", RULES)
    return [str(program), does, "--unsafe", "--color", "never", *rules, "."]


def of_tally(program: Path, root: Path, one: Input) -> list[str]:
    """Run tally on the repository, with the build context."""
    fix = ("--fix", "--fix-unsafe") if one.writes else ()
    return [str(program), "lint", "--slow-checks", "off", "--no-color", *fix, "--context", ".", "."]


def of_hadolint(program: Path, root: Path, one: Input) -> list[str]:
    """Run hadolint on each Dockerfile, since it takes no folders."""
    return [
        str(program),
        "--no-color",
        *sorted(path.name for path in root.iterdir() if path.name.startswith("Dockerfile")),
    ]


Command = Callable[[Path, Path, Input], list[str]]
TOOLS: tuple[tuple[Tool, Command], ...] = ((DFIX, of_dfix), (TALLY, of_tally), (HADOLINT, of_hadolint))


def used(group: int) -> tuple[float, int]:
    """The CPU seconds and the bytes of memory that the processes of a group have now."""
    cpu, memory = 0, 0
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                words = (path / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(words[2]) == group:
                cpu += sum(map(int, words[11:15]))
                memory += int(words[21]) * PAGE_SIZE
    return cpu / TICKS, memory


def run(command: list[str], folder: Path) -> Ran:
    """Run a command in a folder within the limits."""
    with tempfile.TemporaryFile() as output:
        environment = {"PATH": os.defpath, "HOME": "/nonexistent", "GITHUB_TOKEN": SECRET}
        start = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        ended, cpu = "", 0.0
        while process.poll() is None and not ended:
            time.sleep(0.02)
            seen, memory = used(process.pid)
            cpu, wall = max(cpu, seen), time.monotonic() - start
            if memory > MOST_MEMORY:
                ended = "memory"
            elif cpu > MOST_CPU or wall > MOST_WALL:
                ended = "time"
            elif wall > MOST_WAIT and cpu < 0.7:
                ended = "hangs"
        if ended:
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        output.seek(0)
        return Ran(status, ended, cpu, output.read(20_000_000).decode("utf-8", "surrogateescape"))


def told(tool: Tool, one: Input, ran: Ran, before: dict[Path, bytes]) -> str:
    """What a tool did, in a few words."""
    if any(not path.exists() or path.read_bytes() != data for path, data in before.items()):
        return "**changes a file outside**"
    if SECRET in ran.output:
        return "**prints a secret**"
    if ran.ended:
        return {"hangs": "**hangs**", "time": f"**over {MOST_CPU:.0f} s**", "memory": "**over 1 GB**"}[ran.ended]
    crashes = ("Traceback (most recent call last)", "internal error", "panic:", "fatal error:", "goroutine 1 [")
    if ran.status < 0 or any(text in ran.output for text in crashes):
        return "**crashes**"
    if one.reads and one.reads in ran.output:
        return "**reads it**"
    if one.shows and one.shows in f"\n{ran.output}":
        return "**prints it raw**"
    seconds = f"{ran.cpu:.1f} s"
    return f"{refusal(tool, ran)}, {seconds}" if ran.cpu >= 0.5 else refusal(tool, ran)


def refusal(tool: Tool, ran: Ran) -> str:
    """Whether a tool said that it does not read something: by its own words, dfix also by its exit status."""
    said = any(word in ran.output for word in REFUSALS[tool.name])
    return "says no" if said or (tool is DFIX and ran.status == 2) else "answers"


def results(one: Input, programs: dict[str, Path]) -> Iterator[str]:
    """What each tool did with an input, each with a repository of its own."""
    for tool, command in TOOLS:
        with tempfile.TemporaryDirectory() as kept:
            root = make(one, Path(kept))
            before = {path: path.read_bytes() for path in (root.parent / "far").iterdir()}
            ran = run(command(programs[tool.name], root, one), root)
            if os.environ.get("SHOW"):
                print(f"--- {tool.name}: {ran._replace(output=ran.output[:1500])}", file=sys.stderr)
            yield told(tool, one, ran, before)


def tables(wanted: list[str]) -> str:
    """All tables, in Markdown, with the versions and the date."""
    programs = {tool.name: installed(tool) for tool, _ in TOOLS}
    versions = ", ".join(f"{tool.program} {version(tool, programs[tool.name])}" for tool, _ in TOOLS)
    today = datetime.datetime.now(tz=datetime.UTC).date()
    lines = [
        f"{versions}, on {today}, Python {platform.python_version()}, {os.cpu_count()} cores of {platform.machine()}.",
        "",
    ]
    for group in GROUPS:
        inputs = [
            one for one in group.inputs if not wanted or any(text in f"{group.title}: {one.name}" for text in wanted)
        ]
        if inputs:
            heading = " | ".join(tool.program for tool, _ in TOOLS)
            lines += [f"### {group.title}", "", f"| input | {heading} |", "| --- | --- | --- | --- |"]
            for one in inputs:
                lines.append(f"| {one.name.replace('|', '&#124;')} | {' | '.join(results(one, programs))} |")
                print(lines[-1], file=sys.stderr)
            lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Print the tables, or put them into the page."""
    words = sys.argv[1:]
    made = tables([word for word in words if word != "--write"])
    if "--write" not in words:
        print(made)
        return
    page = PAGE.read_text(encoding="utf-8")
    before, after = page.partition(BEGIN)[0], page.partition(END)[2]
    PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()

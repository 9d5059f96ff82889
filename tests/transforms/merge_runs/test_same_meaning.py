"""Real shells run merged scripts, and the scripts that they were merged from."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.pipeline.options import Options
from dfix.rewriter.pipeline.run import run
from dfix.rewriter.text.source import Source

OPTIONS = Options(select=frozenset(("merge-runs",)), use_context=False)
SHELLS = [shell for shell in (["dash"], ["bash"], ["busybox", "sh"]) if shutil.which(shell[0])]

# each row becomes one RUN
SCRIPTS = [
    ["mkdir a", "touch a/b"],
    ["mkdir a", "mkdir a", "touch never"],
    ["mkdir a/b", "touch never"],
    ["mkdir a && cd a && touch b", "touch c"],
    ["mkdir a && cd a && touch b;", "touch c"],
    ["mkdir a", "cd a && touch b", "touch c"],
    ["cd nowhere && touch never", "touch never"],
    ["export A=1 && echo $A > a", "echo ${A:-unset} > b"],
    ["A=1 && echo $A > a", "echo ${A:-unset} > b"],
    ["HOME=/x && echo $HOME > a", "echo ~ | grep -c /x > b || true"],
    ["unset HOME && echo ${HOME:-unset} > a", 'test -n "${HOME:-}" && touch home || touch none'],
    ["umask 077 && touch a", "touch b"],
    ["touch a && exit", "touch b"],
    ["touch a && exit 0", "touch b"],
    ["touch a && exit 3", "touch never"],
    ["touch a || touch b", "touch c || touch d"],
    ["mkdir a/b || true", "touch c"],
    ["mkdir a/b", "touch never || true"],
    ["mkdir a/b", "touch never; touch never2"],
    ["false || touch a", "false || touch b", "touch c"],
    ["touch a || true", "mkdir b/c", "touch never || true"],
    ["mkdir a/b; touch c", "touch d"],
    ["touch c; mkdir a/b", "touch never"],
    ["touch a;", "touch b;"],
    ["touch a; touch b;", "mkdir c/d; touch e;", "touch f;"],
    ["! mkdir a/b", "touch c"],
    ["! mkdir a", "touch never"],
    ["mkdir a", "! mkdir a", "touch b"],
    ["echo x | tee a", "false | tee b", "cat a b > c"],
    ["echo x | grep y | tee a", "touch b"],
    ["if mkdir a/b; then touch c; else touch d; fi", "touch e"],
    ["if false; then touch c; fi", "mkdir g"],
    ["{ mkdir a/b; touch c; }", "touch d"],
    ["(mkdir a/b; touch c)", "touch d"],
    ["(touch c; mkdir a/b)", "touch never"],
    ["( (mkdir a) && cd a && touch b)", "touch c"],
    ["mkdir a && (cd a && touch b)", "touch c"],
    ["touch a && touch b", "for i in 1 2; do mkdir x/y; touch $i; done"],
    ["touch a", "set -e; mkdir b/c; touch never"],
    ["touch a", "set -e; touch b; touch c"],
    ["touch a", "set -ex && touch b && touch c"],
    ["touch a", "(set -e; mkdir b/c; touch never)"],
    ["touch a", "trap 'touch c' EXIT; touch b"],
    ["touch a", "f() { touch never; }; touch b"],
    ["touch a", "exec touch b"],
    ["touch a", "touch b && exit 4"],
    ["echo '&&' > a", "echo '|| true' > b", 'echo "a; b" > c'],
    ["echo \\\\ > a", "echo ')' > b && cat b > c"],
    ["touch 'a b' && ls > c", "rm *b && ls > d"],
    ["mkdir a && ln -s a b", "chmod 700 b && touch b/c"],
    ["printf '%s' a > a", "printf '%s' b >> a"],
    ["sed -i s/a/b/ none", "touch never"],
    ["mkdir a && cd a && touch b", "cd /nowhere/x || mkdir c"],
    ["mkdir a && cd a && touch b", "cd /nowhere/x; mkdir c"],
    ["mkdir a && cd a && touch b", "cd /nowhere/x && touch never || mkdir c"],
    ["mkdir a && cd a && touch b", "cd / && touch /dev/null", "touch c"],
    ["mkdir a && cd a && touch b", "cd / && export A=1 && touch /dev/null", "touch c"],
    ["mkdir a && cd a && touch b", "cd / && touch /dev/null && exit 0", "touch c"],
]

ERREXIT = [
    ["mkdir a", "touch a/b"],
    ["mkdir a/b", "touch never"],
    ["touch a || touch b", "mkdir c/d || touch e"],
    ["mkdir a/b || mkdir a/c", "touch never"],
    ["echo x | tee a", "touch b"],
    ["! mkdir a/b", "touch c"],
    ["cd nowhere && touch never", "touch never"],
    ["mkdir a && cd a && touch b", "touch c"],
    ["touch a", "mkdir b/c; touch never"],
    ["touch a", "(mkdir b/c; touch never)"],
    ["touch a", "if true; then mkdir b/c; touch never; fi"],
    ["touch a", "{ mkdir b/c; touch never; }"],
]


def left(folder: Path) -> dict[str, tuple[int, str]]:
    """Every path with its mode and content."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.readlink().as_posix() if path.is_symlink() else path.read_text() if path.is_file() else ""
        found[str(path.relative_to(folder))] = (stat.S_IMODE(status.st_mode), content)
    return found


def shell_runs(command: list[str], scripts: list[str], folder: Path) -> tuple[int, dict[str, tuple[int, str]]]:
    """The exit status of the first script that fails, and what the folder contains after it."""
    folder.mkdir()
    for script in scripts:
        done = subprocess.run(
            [*command, script], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, timeout=300, check=False
        )
        if done.returncode:
            return done.returncode, left(folder)
    return 0, left(folder)


def merged(scripts: list[str], shell: str) -> list[str]:
    """The scripts of the result's RUNs, as the builder hands them to the shell."""
    head = f"FROM debian:12\nWORKDIR /app\n{shell}"
    text = head + "".join(f"RUN {script}\n" for script in scripts)
    result = run(Source("Dockerfile", text), OPTIONS)
    assert result.problem is None
    return [one.value for one in parse(result.after).instructions if one.keyword == "RUN"]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
@pytest.mark.parametrize("scripts", SCRIPTS, ids=" + ".join)
def test_the_same_files_and_status(scripts: list[str], shell: list[str], tmp_path: Path) -> None:
    one = merged(scripts, "")
    assert len(one) == 1, one
    apart = shell_runs([*shell, "-c"], scripts, tmp_path / "apart")
    together = shell_runs([*shell, "-c"], one, tmp_path / "together")
    assert together == apart


@pytest.mark.parametrize(
    "options", [["-e", "-c"], ["-eo", "pipefail", "-c"], ["-euxo", "pipefail", "-c"]], ids=" ".join
)
@pytest.mark.parametrize("scripts", ERREXIT, ids=" + ".join)
def test_with_a_shell_that_stops_at_errors(scripts: list[str], options: list[str], tmp_path: Path) -> None:
    shell = ["/bin/bash", *options]
    one = merged(scripts, "SHELL [" + ", ".join(f'"{word}"' for word in shell) + "]\n")
    assert len(one) == 1, one
    apart = shell_runs(shell, scripts, tmp_path / "apart")
    together = shell_runs(shell, one, tmp_path / "together")
    assert together == apart

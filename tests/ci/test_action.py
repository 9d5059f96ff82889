"""The GitHub action: its steps run with bash as a runner does, in a folder that stands for a checkout.

What it does with `verify: true` is in test_verified_change.py.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from tests.processor import allowed

ROOT = Path(__file__).resolve().parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
CHANGES = "# ```\nFROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n"
CHANGED = "# ```\nFROM debian:12\nRUN mkdir /a \\\n    && chmod 700 /a\n"
DIFF = """\
diff --git a/Dockerfile b/Dockerfile
--- a/Dockerfile
+++ b/Dockerfile
@@ -1,4 +1,4 @@
 # ```
 FROM debian:12
-RUN mkdir /a
-RUN chmod 700 /a
+RUN mkdir /a \\
+    && chmod 700 /a
"""
AS_GITHUB = ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail"]


class Ran(NamedTuple):
    """What a run of the action did."""

    status: int
    log: str
    summary: str


class Runner:
    """Runs the steps of action.yml. A step that `uses` another action has the outputs that are given for it."""

    def __init__(self, folder: Path, itself: Path) -> None:
        self.folder = folder
        self.checkout = folder / "checkout"
        self.checkout.mkdir()
        self.itself = itself
        self.environment: dict[str, str] = {}

    def run(self, *, only: str = "", program: Path | None = None, **inputs: str) -> Ran:
        """All steps, or only the one of that name, for which `program` stands for what was installed."""
        values = {f"inputs.{name}": one["default"] for name, one in ACTION["inputs"].items()}
        for name, value in inputs.items():
            assert f"inputs.{name}" in values
            values[f"inputs.{name}"] = value
        values |= {
            "runner.temp": str(self.folder),
            "github.action_path": str(self.itself),
            "steps.python.outputs.python-path": sys.executable,
            "steps.install.outputs.program": str(program),
            "steps.verify.outputs.comment": "",
            "github.event.pull_request.number": "7",
        }
        (self.folder / "summary").write_text("")
        log = ""
        status = 0
        for step in ACTION["runs"]["steps"]:
            if "run" not in step or only not in ("", step["name"]) or not _is_run(step, values, failed=bool(status)):
                continue
            ended, said = self._step(step, values)
            log += said
            status = status or ended
        return Ran(status, log, (self.folder / "summary").read_text(encoding="utf-8"))

    def _step(self, step: dict[str, Any], values: dict[str, str]) -> tuple[int, str]:
        assert step["shell"] == "bash"
        script, output = self.folder / "script.sh", self.folder / "output"
        script.write_text(step["run"], encoding="utf-8")
        output.write_text("")
        given = {
            name: re.sub(r"\$\{\{ (.*?) \}\}", lambda found: values[found[1]], text)
            for name, text in step["env"].items()
        }
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(self.folder / "summary")}
        kept = {
            name: value for name, value in os.environ.items() if name == "PATH" or name.startswith(("PIP_", "HOME"))
        }
        done = subprocess.run(
            [*AS_GITHUB, str(script)], cwd=self.checkout, env={**kept, **files, **self.environment, **given},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        for line in output.read_text().splitlines():
            name, _, value = line.partition("=")
            values[f"steps.{step['id']}.outputs.{name}"] = value
        return done.returncode, done.stdout


def _is_run(step: dict[str, Any], values: dict[str, str], *, failed: bool) -> bool:
    """Whether the condition of a step holds: comparisons with a text or 0, joined by &&."""
    parts = step.get("if", "${{ }}")[3:-2].strip()
    if failed and "cancelled()" not in parts:
        return False
    for part in filter(None, parts.replace("!cancelled()", "").split(" && ")):
        name, sign, text = part.split()
        value = values[name]
        if not {"==": f"'{value}'" == text, "!=": f"'{value}'" != text, ">": value > text}[sign]:
            return False
    return True


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path, ROOT)


@pytest.fixture
def step(runner: Runner) -> Any:
    """The step that runs dfix, with the dfix of this environment."""
    program = Path(sys.executable).with_name("dfix")
    return lambda **inputs: runner.run(only="Run dfix", program=program, **inputs)


def test_it_is_what_github_demands() -> None:
    command = [
        str(Path(sys.executable).with_name("check-jsonschema")),
        "--builtin-schema",
        "vendor.github-actions",
        "action.yml",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_script_holds_an_expression() -> None:
    """What stands in an input must not become part of a script."""
    for one in ACTION["runs"]["steps"]:
        assert "${{" not in one.get("run", "")


def test_the_whole_action(runner: Runner, tmp_path: Path) -> None:
    """It installs the dfix that lies beside action.yml."""
    itself = tmp_path / "itself"
    itself.mkdir()
    locks = ("requirements.lock", "requirements-build.lock")
    for name in (*locks, "action.yml", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "sbom.cdx.json"):
        shutil.copy(ROOT / name, itself)
    for name in ("dfix", "rewriter", "transforms", "docs/rules", "docs/reasons", "scripts"):
        shutil.copytree(ROOT / name, itself / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    runner.itself = itself
    (runner.checkout / "Dockerfile").write_text(CHANGES)
    ran = runner.run()
    assert ran.status == 1, ran.log
    assert "::warning file=Dockerfile,line=3,title=dfix merge-runs::`mkdir /a` and `chmod" in ran.log
    assert "1 change possible in 1 of 1 file" in ran.log
    assert (runner.checkout / "Dockerfile").read_text() == CHANGES
    assert (tmp_path / "dfix/bin/dfix").exists()


def test_what_is_installed_has_a_hash(runner: Runner, tmp_path: Path) -> None:
    """With a pip that writes down what it was asked for: all from an index by hash, dfix itself from no index."""
    python = tmp_path / "dfix/bin/python"
    stand_in = tmp_path / "stand-in"
    stand_in.write_text(
        f'#!/bin/sh\nmkdir -p "{python.parent}"\nprintf \'#!/bin/sh\\necho asked for "$@"\\n\' > "{python}"\nchmod +x "{python}"\n'
    )
    stand_in.chmod(0o755)
    values = {
        "steps.python.outputs.python-path": str(stand_in),
        "runner.temp": str(tmp_path),
        "github.action_path": "/itself",
    }
    (install,) = (one for one in ACTION["runs"]["steps"] if one.get("id") == "install")
    status, said = runner._step(install, values)
    assert status == 0
    first, second = (line.split("--disable-pip-version-check ")[1] for line in said.splitlines())
    locks = "--requirement /itself/requirements.lock --requirement /itself/requirements-build.lock"
    assert first == f"--require-hashes {locks}"
    assert second == "--no-index --no-deps --no-build-isolation /itself"


def test_nothing_to_change(runner: Runner, step: Any) -> None:
    (runner.checkout / "Dockerfile").write_text("FROM debian:12\n")
    assert step() == Ran(0, "nothing to change in 1 file\n", "### dfix\nNothing to change.\n")


def test_a_change(runner: Runner, step: Any) -> None:
    """The fence is longer than any that the diff holds."""
    (runner.checkout / "Dockerfile").write_text(CHANGES)
    ran = step()
    assert ran.status == 1
    assert ran.log.startswith("::warning file=Dockerfile,line=3,title=dfix merge-runs::")
    assert ran.summary == f"### dfix\n\n````diff\n{DIFF}\n````\n"


def test_a_change_need_not_fail(runner: Runner, step: Any) -> None:
    (runner.checkout / "Dockerfile").write_text(CHANGES)
    ran = step(fail="false")
    assert ran.status == 0
    assert "::warning" in ran.log
    assert DIFF in ran.summary


@pytest.mark.parametrize("fail", ["true", "false"])
def test_an_error_always_fails(runner: Runner, step: Any, fail: str) -> None:
    (runner.checkout / "Dockerfile").write_text("FROM debian:12\nRAN x\n")
    ran = step(fail=fail)
    assert ran.status == 2
    assert "::error file=Dockerfile,line=2,title=dfix::unknown instruction `RAN`" in ran.log
    assert ran.summary == "### dfix\ndfix exited with status 2; the log says why.\n"


def test_paths_and_flags(runner: Runner, step: Any) -> None:
    for name in ("a b", "c", "d"):
        (runner.checkout / name).mkdir()
        (runner.checkout / name / "Dockerfile").write_text(CHANGES)
    ran = step(paths="a b\nc/Dockerfile\n", args="--ignore clean-up  --explain")
    assert ran.status == 1
    assert "2 changes possible in 2 of 2 files" in ran.log
    assert {line[:6] for line in ran.summary.splitlines() if line.startswith("+++")} == {"+++ b/"}
    assert "d/Dockerfile" not in ran.log
    assert step(args="--ignore merge-runs").status == 0


def test_what_stands_in_an_input_is_not_run(runner: Runner, step: Any) -> None:
    (runner.checkout / "Dockerfile").write_text("FROM debian:12\n")
    ran = step(paths="$(touch ran)\n`touch ran`\n; touch ran", args='"; touch ran')
    assert ran.status == 2
    assert not (runner.checkout / "ran").exists()


def test_written_changes_are_in_the_summary(runner: Runner, step: Any) -> None:
    (runner.checkout / "Dockerfile").write_text(CHANGES)
    ran = step(args="--write")
    assert ran.status == 0
    assert (runner.checkout / "Dockerfile").read_text() == CHANGED
    assert DIFF in ran.summary


@pytest.mark.parametrize(("name", "value"), [("fail", "no"), ("paths", "\n")])
def test_a_wrong_input(step: Any, name: str, value: str) -> None:
    ran = step(**{name: value})
    assert ran.status == 2
    assert re.fullmatch(rf"::error title=dfix::{name} (takes true or false, not no|names nothing)\n", ran.log)


def test_a_long_diff_is_cut(runner: Runner, step: Any) -> None:
    lines = "".join(f"RUN mkdir /{'x' * 2000}{number}\n" for number in range(45))
    for number in range(8):
        (runner.checkout / f"Dockerfile.{number}").write_text("FROM debian:12\n" + lines)
    ran = step()
    assert ran.status == 1
    assert len(ran.summary) < 1_000_000
    assert ran.summary.endswith("\n```\nThe diff is longer: `dfix --diff` shows the rest.\n")


def test_a_fence_is_longer_than_any_in_the_diff(runner: Runner, step: Any) -> None:
    start = time.process_time()
    (runner.checkout / "Dockerfile").write_text(f"FROM debian:12\n# {'`' * 60_000}\nRUN mkdir /a\nRUN mkdir /b\n")
    ran = step()
    assert f"\n{'`' * 60_001}diff\n" in ran.summary
    assert ran.summary.endswith(f"\n{'`' * 60_001}\n")
    assert time.process_time() - start < allowed(2)

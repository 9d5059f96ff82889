"""What users install beside dfix: named by hash, for each Python, with nothing that dfix doesn't name; and who looks at it."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from bill_of_materials import PLACE, text
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.built import ROOT, build
from tests.ci.test_snippets import SNIPPETS

BIN = Path(sys.executable).parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = tuple(f"requirements{kind}.lock" for kind in ("", "-build", "-dev", "-docs", "-release"))
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))


def run(program: str, *words: str | Path, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [str(BIN / program), *map(str, words)]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def locked(name: str) -> dict[str, tuple[str, int]]:
    """The packages of a lock file: version and number of hashes."""
    found = {}
    for part in re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8")):
        if not part.startswith("#"):
            package, _, version = part.split()[0].partition("==")
            found[package] = (version, part.count("--hash=sha256:"))
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_each_file_has_a_hash(name: str) -> None:
    packages = locked(name)
    assert len(packages) > 5
    assert [package for package, (version, hashes) in packages.items() if not version or not hashes] == []


def test_tests_run_with_what_users_get() -> None:
    development = locked("requirements-dev.lock")
    for name in ("requirements.lock", "requirements-build.lock"):
        for package, (version, _) in locked(name).items():
            assert development[package][0] == version


NAMED: dict[str, list[str]] = {
    "requirements.lock": PROJECT["project"]["dependencies"],
    "requirements-build.lock": PROJECT["build-system"]["requires"],
    "requirements-docs.lock": PROJECT["project"]["optional-dependencies"]["docs"],
    "requirements-release.lock": PROJECT["project"]["optional-dependencies"]["release"],
}


@pytest.mark.parametrize("name", NAMED)
def test_a_lock_has_what_the_project_names(name: str) -> None:
    packages = locked(name)
    for requirement in map(Requirement, NAMED[name]):
        version = packages[canonicalize_name(requirement.name)][0]
        assert requirement.specifier.contains(version), requirement
        assert "<" in str(requirement.specifier), f"{requirement} has no upper bound"


@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_each_python_gets_wheels_with_these_hashes(tmp_path: Path, version: str) -> None:
    """uv resolves for a Python that is not there; test_action installs for the one that is."""
    words = ("install", "--dry-run", "--require-hashes", "--only-binary", ":all:", "--target", tmp_path)
    locks = [word for name in LOCKS[:2] for word in ("--requirement", name)]
    for platform in ("x86_64-unknown-linux-gnu", "aarch64-apple-darwin", "x86_64-pc-windows-msvc"):
        target = ("--python-version", version, "--python-platform", platform)
        done = run("uv", "pip", *words, *target, *locks)
        assert done.returncode == 0, done.stderr
        assert "typer==" in done.stderr


def test_the_bill_of_materials_is_up_to_date_and_in_the_wheel(tmp_path: Path) -> None:
    assert PLACE.read_text(encoding="utf-8") == text()
    with zipfile.ZipFile(build("build_wheel", ROOT, tmp_path)) as wheel:
        assert wheel.read("dfix-0.1.0.dist-info/sboms/sbom.cdx.json").decode() == text()


def test_zizmor_finds_nothing() -> None:
    done = run("zizmor", "--offline", "--persona", "auditor", "--no-progress", "--color", "never", ".")
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout + done.stderr


def test_zizmor_finds_nothing_in_what_the_page_about_ci_shows(tmp_path: Path) -> None:
    """But for the name of dfix itself, whose commits the page cannot know."""
    for name, snippet in SNIPPETS.items():
        if name.startswith(".github/"):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(snippet, encoding="utf-8")
    rules = "rules: {unpinned-uses: {config: {policies: {OWNER/dfix: any, '*': hash-pin}}}}\n"
    (tmp_path / "zizmor.yml").write_text(rules, encoding="utf-8")
    words = ("--offline", "--no-progress", "--color", "never", "--config", "zizmor.yml", ".github/workflows")
    done = run("zizmor", *words, folder=tmp_path)
    assert done.returncode == 0, done.stdout
    assert "No findings to report" in done.stdout + done.stderr


def test_actions_are_named_by_commit() -> None:
    assert WORKFLOWS
    for path in (*WORKFLOWS, ROOT / "action.yml"):
        used = re.findall(r"uses: (\S+)(.*)", path.read_text(encoding="utf-8"))
        assert used
        for action, comment in used:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action), action
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_are_what_github_demands(path: Path) -> None:
    done = run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_commands_of_the_release_exist() -> None:
    """Each program of .venv that the workflow runs is in the lock file of development."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text(encoding="utf-8"))
    scripts = "\n".join(step.get("run", "") for step in workflow["jobs"]["build"]["steps"])
    programs = set(re.findall(r"\.venv/bin/([\w-]+)", scripts)) - {"python"}
    assert programs == {"hatchling", "pip-audit", "zizmor"}
    assert all((BIN / program).exists() for program in programs)

"""The hooks of pre-commit, run by pre-commit on commits of a real repository."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dfix.rewriter.text import discover
from dfix.rewriter.text.discover import is_dockerfile_name

ROOT = Path(__file__).resolve().parents[2]
HOOKS = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
CHANGES = "FROM debian:12\nRUN mkdir /a\nRUN chmod 700 /a\n"
CHANGED = "FROM debian:12\nRUN mkdir /a \\\n    && chmod 700 /a\n"
AUTHOR = {f"GIT_{who}_{what}": "test" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


def git(folder: Path, *words: str, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    own = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "PATH": path, **AUTHOR}
    command = ["git", *words]
    return subprocess.run(
        command, cwd=folder, env={**kept, **own, **(environment or {})}, capture_output=True, text=True, check=False
    )


def done(answer: subprocess.CompletedProcess[str]) -> str:
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout.strip()


@pytest.fixture
def hooks(tmp_path: Path) -> tuple[Path, str]:
    """A repository with the project as it is now, and its one commit."""
    folder = tmp_path / "hooks"
    folder.mkdir()
    listed = done(git(ROOT, "ls-files", "-co", "--exclude-standard", "-z")).split("\0")
    for name in filter(None, listed):
        if (
            name.startswith(
                (
                    "dfix/",
                    "rewriter/",
                    "transforms/",
                    "docs/rules/",
                    "docs/reasons/",
                    "docs/dfix.1",
                    "scripts/index_description.py",
                )
            )
            or "/" not in name
        ):
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target, follow_symlinks=False)
    done(git(folder, "init", "-q", "."))
    done(git(folder, "add", "--all"))
    done(git(folder, "commit", "-q", "-m", "all"))
    return folder, done(git(folder, "rev-parse", "HEAD"))


class Project:
    """A project that uses a hook."""

    def __init__(self, folder: Path, hooks: tuple[Path, str]) -> None:
        folder.mkdir()
        self.folder, self._hooks = folder, hooks
        self._environment = {"PRE_COMMIT_HOME": str(folder.parent / "home"), "PRE_COMMIT_COLOR": "never"}
        done(git(folder, "init", "-q", "."))

    def use(self, hook: str) -> None:
        repo, rev = self._hooks
        config = {"repos": [{"repo": str(repo), "rev": rev, "hooks": [{"id": hook}]}]}
        self.put(".pre-commit-config.yaml", yaml.safe_dump(config))
        program = Path(sys.executable).with_name("pre-commit")
        command = [str(program), "install"]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)
        assert (self.folder / ".git/hooks/pre-commit").exists()
        assert "Passed" not in self.commit("hook").stderr

    def put(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text(encoding="utf-8")

    def commit(self, message: str) -> subprocess.CompletedProcess[str]:
        done(git(self.folder, "add", "--all"))
        return git(self.folder, "commit", "-m", message, environment=self._environment)


def test_both_hooks_on_real_commits(hooks: tuple[Path, str], tmp_path: Path) -> None:
    project = Project(tmp_path / "project", hooks)
    project.use("dfix")

    project.put("Dockerfile", CHANGES)
    project.put("deep/folder/Containerfile.dev", CHANGES)
    project.put("Dockerfile.j2", CHANGES)
    project.put("docs/notes.md", CHANGES)
    stopped = project.commit("changes")
    assert stopped.returncode == 1
    assert "2 changes made in 2 of 2 files" in stopped.stderr
    assert project.text("Dockerfile") == project.text("deep/folder/Containerfile.dev") == CHANGED
    assert project.text("Dockerfile.j2") == project.text("docs/notes.md") == CHANGES
    passed = project.commit("changed")
    assert passed.returncode == 0
    assert "Passed" in passed.stderr

    project.put("Dockerfile", "FROM debian:12\nRAN x\n")
    stopped = project.commit("wrong")
    assert stopped.returncode == 1
    assert "Dockerfile:2: unknown instruction `RAN`" in stopped.stderr

    project.put("Dockerfile", CHANGED)
    project.put("dfix.toml", 'exclude = ["old"]')
    project.put("old/Dockerfile", CHANGES)
    assert project.commit("an excluded file").returncode == 0

    project.use("dfix-check")
    project.put("new/Dockerfile", CHANGES)
    stopped = project.commit("check")
    assert stopped.returncode == 1
    assert "new/Dockerfile:2: merge-runs: " in stopped.stderr
    assert project.text("new/Dockerfile") == CHANGES
    project.put("new/Dockerfile", CHANGED)
    assert project.commit("checked").returncode == 0


NAMES = [
    *("Dockerfile", "dockerfile", "DOCKERFILE", "Dockerfile.dev", "Dockerfile-dev", "dockerfile_x", "Dockerfile.j2.dev"),
    *("api.Dockerfile", "api.dockerfile", ".Dockerfile", "Containerfile", "containerfile.x", "CONTAINERFILE", "a b.dockerfile"),
    *("xDockerfile", "my-Containerfile", "x.containerfile", "README.md", "Docker", "dockerfile~"),
    *(f"Dockerfile.{ending}" for ending in (*discover._TEMPLATES, *discover._OTHERS)),
    *("Dockerfile-template", "Dockerfile_template", "x-template.dockerfile", "Dockerfile.Template", "Dockerfile.TMPL"),
]  # fmt: skip


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("folder", ["", "a/", "a/dockerfile/", "Dockerfile.j2/", "a~/"])
def test_a_hook_takes_what_a_search_takes(hook: str, folder: str) -> None:
    pattern = HOOKS[hook]["files"]
    taken = {name for name in NAMES if re.search(pattern, folder + name)}
    assert taken == {name for name in NAMES if is_dockerfile_name(name)}
    assert "Dockerfile" in taken
    assert "Dockerfile.j2" not in taken


@pytest.mark.parametrize("ending", sorted(discover._LANGUAGES))
def test_a_program_about_dockerfiles_is_none(ending: str) -> None:
    """A search looks into such files; a hook takes none of them, as what is named to dfix must be a Dockerfile."""
    assert re.search(HOOKS["dfix"]["files"], f"src/dockerfile.{ending}") is None
    assert re.search(HOOKS["dfix"]["files"], f"src/Dockerfile.{ending}-x") is not None


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_gets_the_names_of_the_files(hook: str) -> None:
    assert HOOKS[hook].get("pass_filenames", True)
    assert HOOKS[hook]["types"] == ["text"]

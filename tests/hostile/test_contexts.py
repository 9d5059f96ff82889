"""A build context that files of the repository choose is inside of the root; only the user can name another."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.build_context import put
from tests.hostile.guarded import Ended, guarded

SECRET = "hunter2-secret"
TEXT = "FROM python:3.12\nCOPY etc/ .\nRUN pip install -r passwd\n"
COPIES_ALL = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"


def declares(name: str, context: str, dockerfile: str) -> str:
    """A file that names a build; paths as that file writes them."""
    at, file = json.dumps(context), json.dumps(dockerfile)
    if name == "skaffold.yaml":
        return f"build:\n  artifacts:\n  - context: {at}\n    docker: {{dockerfile: {file}}}\n"
    if name.endswith(".hcl"):
        return f'target "a" {{\n  context = {at}\n  dockerfile = {file}\n}}\n'
    if name == "docker-bake.json":
        return json.dumps({"target": {"a": {"context": context, "dockerfile": dockerfile}}})
    return f"services: {{a: {{build: {{context: {at}, dockerfile: {file}}}}}}}\n"


def outside(folder: Path) -> Path:
    """A repository below a folder that has what must not be read."""
    put(folder, {"etc/passwd": f"{SECRET}==1\n-r {SECRET}.txt\n", "repo/.git/HEAD": "", "repo/app/Dockerfile": TEXT})
    (folder / "repo/link").symlink_to("..")
    return folder / "repo"


NAMES = ["compose.yaml", "docker-compose.prod.yml", "docker-bake.hcl", "docker-bake.json", "skaffold.yaml"]


def refused(ended: Ended, name: str, path: str = "app/Dockerfile") -> None:
    assert ended.status in (0, 1)
    assert SECRET not in ended.said
    context = ended.file(path)["context"]
    assert context["folder"] is None
    assert context["why"].startswith(f"{name} names a build context outside of ")
    assert f"{path}:1: warning: no build context is used: {name} names a build context outside of" in ended.err


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["above", "root", "absolute", "link", "up and down", "home"])
def test_a_declared_context_above_the_root(tmp_path: Path, name: str, kind: str) -> None:
    repository = outside(tmp_path)
    context = {
        "above": "..",
        "root": "/",
        "absolute": str(tmp_path),
        "link": "link",
        "up and down": "app/../..",
        "home": str(tmp_path),
    }[kind]
    folder = os.path.normpath(repository / context)
    file = os.path.relpath(repository / "app/Dockerfile", folder)
    put(repository, {name: declares(name, context, file)})
    environment = {"HOME": str(tmp_path)} if kind == "home" else {}
    ended = guarded(["--explain", "--output-format", "json", "."], repository, environment=environment)
    refused(ended, name)


@pytest.mark.parametrize("context", ["../../..", "/", "../../link"])
def test_a_devcontainer_with_a_context_above_the_root(tmp_path: Path, context: str) -> None:
    repository = outside(tmp_path)
    build = {"build": {"dockerfile": "../Dockerfile", "context": context}}
    put(repository, {"app/.devcontainer/devcontainer.json": json.dumps(build)})
    refused(guarded(["--explain", "--output-format", "json", "."], repository), ".devcontainer/devcontainer.json")


def test_another_file_that_names_one_inside_counts(tmp_path: Path) -> None:
    repository = outside(tmp_path)
    put(repository, {"compose.yaml": declares("compose.yaml", "..", "repo/app/Dockerfile"), "etc/passwd": "a==1\n"})
    put(repository, {"skaffold.yaml": declares("skaffold.yaml", ".", "app/Dockerfile")})
    found = guarded(["--output-format", "json", "."], repository).file("app/Dockerfile")["context"]
    assert found == {"folder": ".", "why": "named by skaffold.yaml"}


@pytest.mark.parametrize("name", ["dfix.toml", ".dfix.toml", "pyproject.toml"])
@pytest.mark.parametrize("context", ["../..", "/", "../link", "../../../../../../../../etc"])
def test_settings_with_a_context_above_the_root(tmp_path: Path, name: str, context: str) -> None:
    repository = outside(tmp_path)
    table = "[tool.dfix]\n" if name == "pyproject.toml" else ""
    put(repository, {f"app/{name}": f'{table}context = "{context}"\n', "b/Dockerfile": COPIES_ALL})
    ended = guarded(["--explain", "--output-format", "json", "."], repository)
    assert ended.status == 2
    assert SECRET not in ended.said
    line = 2 if table else 1
    assert f"app/{name}:{line}: `context` is outside of {repository}. Name it on the command line" in ended.err
    assert ended.file("b/Dockerfile")["problem"] is None


def test_only_the_user_names_a_context_outside(tmp_path: Path) -> None:
    repository = outside(tmp_path)
    put(tmp_path, {"own.toml": f'context = "{tmp_path}"\n'})
    for words, why in ((["--context", ".."], "--context"), (["--config", "../own.toml"], "set in own.toml")):
        ended = guarded(["--output-format", "json", *words, "."], repository)
        found = ended.file("app/Dockerfile")["context"]
        assert (os.path.realpath(repository / found["folder"]), found["why"]) == (str(tmp_path), why)


def test_a_guess_stays_below_the_folder_that_was_named(tmp_path: Path) -> None:
    put(tmp_path, {"etc/passwd": f"{SECRET}\n", "work/app/Dockerfile": TEXT, "work/etc/passwd": "a==1\n"})
    found = guarded(["--output-format", "json", "."], tmp_path / "work").file("app/Dockerfile")["context"]
    assert found == {"folder": ".", "why": "its COPY sources exist there"}
    ended = guarded(["--output-format", "json", "app"], tmp_path / "work")
    assert ended.file("app/Dockerfile")["context"] == {"folder": "app", "why": "the Dockerfile's own folder"}
    ended = guarded(["--output-format", "json", "work/app/Dockerfile"], tmp_path)
    assert ended.file("work/app/Dockerfile")["context"]["folder"] == "work/app"
    assert SECRET not in ended.said


@pytest.mark.parametrize("text", [TEXT, "FROM python:3.12\nCOPY root/ /\nRUN pip install -r etc/hostname\n"])
def test_the_machine_is_no_context(tmp_path: Path, text: str) -> None:
    put(tmp_path, {"a/Dockerfile": text})
    ended = guarded(["--select", "dockerignore,split-manifests", "--output-format", "json", "."], tmp_path / "a")
    assert ended.file("Dockerfile")["context"]["folder"] == "."
    assert ended.file("Dockerfile")["changes"] == []


@pytest.mark.parametrize("variable", ["HOME", "TMPDIR"])
def test_a_home_folder_and_one_for_temporary_files_are_no_context(tmp_path: Path, variable: str) -> None:
    put(tmp_path, {"Dockerfile": COPIES_ALL, "package.json": "{}", "dfix.toml": "x = 1\n"})
    environment = {variable: str(tmp_path)}
    for words in (["Dockerfile"], ["."]):
        ended = guarded(["--output-format", "json", "--explain", *words], tmp_path, environment=environment)
        context = ended.file("Dockerfile")["context"]
        assert context["folder"] is None
        assert "belongs to no single project" in context["why"]
        assert "npm ci" in ended.out
    put(tmp_path, {"compose.yaml": declares("compose.yaml", ".", "Dockerfile")})
    ended = guarded(["--output-format", "json", "Dockerfile"], tmp_path, environment=environment)
    assert ended.file("Dockerfile")["context"]["folder"] is None
    ended = guarded(["--output-format", "json", "--context", ".", "Dockerfile"], tmp_path, environment=environment)
    assert ended.file("Dockerfile")["context"] == {"folder": ".", "why": "--context"}
    (tmp_path / "dfix.toml").unlink()
    put(tmp_path, {".git/HEAD": ""})  # under version control it is a project
    ended = guarded(["--output-format", "json", "Dockerfile"], tmp_path, environment=environment)
    assert ended.file("Dockerfile")["context"]["folder"] == "."


def test_what_is_said_of_the_context(tmp_path: Path) -> None:
    put(tmp_path, {".git/HEAD": "", "app/Dockerfile": COPIES_ALL, "app/package.json": "{}", "b/Dockerfile": "FROM a\n"})
    ended = guarded(["-v", "--output-format", "concise", "app", "b"], tmp_path)
    assert "app/Dockerfile: build context app (its COPY sources exist there)\n" in ended.err
    assert "b/Dockerfile: the build context was not needed\n" in ended.err
    put(tmp_path, {"compose.yaml": declares("compose.yaml", ".", "app/Dockerfile")})
    ended = guarded(["--show-settings", "app/Dockerfile"], tmp_path)
    assert ended.out.endswith(f"# root: {tmp_path}\n# build context: {tmp_path} (named by compose.yaml)\n")
    put(tmp_path, {"compose.yaml": declares("compose.yaml", "..", f"{tmp_path.name}/app/Dockerfile")})
    ended = guarded(["--show-settings", "app/Dockerfile"], tmp_path)
    assert "# build context: none (compose.yaml names a build context outside of" in ended.out


@pytest.mark.parametrize("link", ["folder", "file"])
def test_standard_input_of_a_file_that_leads_out(tmp_path: Path, link: str) -> None:
    repository = outside(tmp_path)
    put(tmp_path, {"far/Dockerfile": "", "far/etc/passwd": f"-r {SECRET}.txt\n", "far/dfix.toml": "x = 1\n"})
    (repository / "in").mkdir()
    path, target = ("in/far", "../../far") if link == "folder" else ("in/Dockerfile", "../../far/Dockerfile")
    (repository / path).symlink_to(target)
    name = "in/far/Dockerfile" if link == "folder" else path
    words = ["--explain", "--output-format", "json", "--stdin-filename", name, "-"]
    ended = guarded(words, repository, stdin=TEXT)
    assert ended.file(name)["context"]["folder"] is None
    assert SECRET not in ended.said
    words = ["--select", "split-manifests", "--stdin-filename", name, "-"]
    assert guarded(words, repository, stdin=TEXT).out == TEXT


def test_standard_input_has_the_root_of_its_name(tmp_path: Path) -> None:
    repository = outside(tmp_path)
    put(tmp_path, {"dfix.toml": "x = 1\n"})  # above the root: not read
    ended = guarded(["--stdin-filename", "app/Dockerfile", "-v", "-"], repository, stdin="FROM a\n")
    assert (ended.status, ended.out) == (0, "FROM a\n")
    assert "no settings file" in guarded(["--show-settings", "app/Dockerfile"], repository).out
    put(repository, {"dfix.toml": "x = 1\n"})
    assert guarded(["--stdin-filename", "app/Dockerfile", "-"], repository).status == 2

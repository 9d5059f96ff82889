"""Links: followed to files inside of the root, never read or written through to what is outside."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.build_context import put
from tests.hostile.guarded import guarded

SECRET = "hunter2-secret"
APT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n"
NODE = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm install\n"


def repository(folder: Path) -> Path:
    put(
        folder,
        {
            "outside": f"*.md\nTOKEN={SECRET}\n",
            "far/Dockerfile": APT,
            "far/run.sh": "apt-get install -y jq\n",
            "repo/.git/config": f"extraheader = {SECRET}\n",
            "repo/app/Dockerfile": NODE,
            "repo/app/package.json": "{}",
            "repo/app/node_modules/y/z.js": "",
            "repo/b/Dockerfile": APT,
        },
    )
    return folder / "repo"


@pytest.mark.parametrize("words", [["--write", "."], ["--diff", "."], ["--explain", "."], ["--write", "link"]])
@pytest.mark.parametrize("target", ["../far/Dockerfile", "absolute", ".git/config", "../outside"])
def test_a_dockerfile_that_leads_out(tmp_path: Path, words: list[str], target: str) -> None:
    repo = repository(tmp_path)
    target = str(tmp_path / "far/Dockerfile") if target == "absolute" else target
    (repo / "link").mkdir()
    (repo / "link/Dockerfile").symlink_to(target if target.startswith("/") else f"../{target}")
    ended = guarded(words, repo)
    assert ended.status == 2
    assert SECRET not in ended.said
    assert sum(line.startswith("link/Dockerfile: ") for line in ended.err.splitlines()) == 1
    assert "outside of" in ended.err or "version control" in ended.err
    assert (tmp_path / "far/Dockerfile").read_text() == APT
    assert (repo / "link/Dockerfile").is_symlink()
    if words == ["--write", "."]:
        assert (repo / "b/Dockerfile").read_text() != APT


def test_a_dockerfile_that_leads_to_another_folder_of_the_repository(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    (repo / "Dockerfile").symlink_to("b/Dockerfile")
    assert guarded(["--write", "Dockerfile"], repo).status == 0
    assert (repo / "Dockerfile").is_symlink()
    assert (repo / "b/Dockerfile").read_text() != APT


@pytest.mark.parametrize("name", [".dockerignore", "Dockerfile.dockerignore"])
@pytest.mark.parametrize("target", ["outside", "absolute", ".git/config", "/proc/self/environ", "absent"])
def test_an_ignore_file_that_leads_out(tmp_path: Path, name: str, target: str) -> None:
    repo = repository(tmp_path)
    before = (tmp_path / "outside").read_text()
    targets = {"outside": "../../outside", "absolute": str(tmp_path / "outside"), ".git/config": "../.git/config"}
    (repo / "app" / name).symlink_to(targets.get(target, target))
    put(repo, {"dfix.toml": 'select = ["dockerignore", "split-manifests", "clean-up"]\n'})
    for words in (["--explain", "app"], ["--diff", "."], ["--write", "."]):
        ended = guarded(words, repo)
        assert ended.status == 2
        assert sum(line.startswith("app/Dockerfile: ") for line in ended.err.splitlines()) == 1
        assert f"app/Dockerfile: its ignore file cannot be used ({name}: " in ended.err
        assert SECRET not in ended.said
        assert "internal error" not in ended.said
    assert (tmp_path / "outside").read_text() == before
    assert SECRET in (repo / ".git/config").read_text()
    assert "node_modules" not in (repo / ".git/config").read_text()
    assert not (repo / "app/absent").exists()
    assert (repo / "app/Dockerfile").read_text() == NODE
    assert (repo / "b/Dockerfile").read_text() != APT


def test_an_ignore_file_of_another_folder_of_the_repository(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    put(repo, {"common": "*.md\n"})
    (repo / "app/.dockerignore").symlink_to("../common")
    assert guarded(["--select", "dockerignore", "--write", "app"], repo).status == 0
    assert (repo / "common").read_text().startswith("*.md\nnode_modules\n")
    assert (repo / "app/.dockerignore").is_symlink()


def test_manifests_that_lead_out_are_not_read(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    put(repo, {"py/Dockerfile": "FROM python:3.12\nWORKDIR /a\nCOPY . .\nRUN pip install -r requirements.txt\n"})
    for target in ("../../outside", str(tmp_path / "outside"), "../.git/config", "/etc/passwd", "requirements.txt"):
        (repo / "py/requirements.txt").unlink(missing_ok=True)
        (repo / "py/requirements.txt").symlink_to(target)
        ended = guarded(["--explain", "py"], repo)
        assert ended.status == 1
        assert "split-manifests left this alone" in ended.out
        assert SECRET not in ended.said
        assert "root:x" not in ended.said


def test_version_control_is_not_read(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    put(repo, {"Dockerfile": "FROM python:3.12\nWORKDIR /a\nCOPY . .\nRUN pip install -r .git/config\n"})
    assert SECRET not in guarded(["--explain", "Dockerfile"], repo).said


def test_nothing_outside_is_opened_and_nothing_is_executed(tmp_path: Path) -> None:
    repo = repository(tmp_path)
    links = {
        "Dockerfile": "../far/Dockerfile",
        "c/.dockerignore": "/etc/hostname",
        "d/.dockerignore": "../../outside",
        "compose.yaml": "../outside",
        "docker-bake.hcl": "/etc/passwd",
        ".devcontainer": "../far",
        ".github": "../far",
        ".gitignore": "../outside",
        "c/dfix.toml": "../../outside",
        "app/requirements.txt": "/etc/passwd",
        "app/sub": "/",
        "app/packages": "../../far",
        "rootlink": "/",
    }
    put(
        repo,
        {
            "app/package.json": '{"workspaces": ["packages/*", "/*", "../*", "sub/*"], "scripts": {"postinstall": "x"}}',
            "app/Dockerfile": f"{NODE}RUN pip install -r requirements.txt -r ../../outside -r /etc/passwd -e ../..\n",
            "c/Dockerfile": "FROM node:20\nCOPY . /\nCOPY etc/ /x\nRUN npm ci\n",
            "d/Dockerfile": f"{APT}COPY sub/* /\nRUN npm install\n",
            "e/Dockerfile": f"{APT}COPY . /e\n",
            "build.sh": f"docker build -f {tmp_path}/far/Dockerfile .\ndocker build -f ../far/Dockerfile app\n",
            "Makefile": "all:\n\tdocker build -f /etc/passwd app\n",
            "docker-compose.yml": "services: {a: {build: {context: /, dockerfile: x}}, b: {build: ../far}, c: {image: me/base,"
            " build: ./e, volumes: ['/:/w', '../far:/y'], command: sh /w/etc/x}, d: {image: me/base, command: sh /y/run.sh}}\n",
            "ci.sh": "docker build -t me/base e\ndocker build -f ../far/Dockerfile ../far\ncd .. && docker build far\n",
        },
    )
    for name, target in links.items():
        (repo / name).parent.mkdir(exist_ok=True)
        (repo / name).unlink(missing_ok=True)
        (repo / name).symlink_to(target)
    opened: list[str] = []
    rules = "split-manifests,merge-runs,clean-up,dockerignore,multistage,slim-base"
    for words in (["--unsafe", "--explain", "--select", rules, "."], ["--show-settings", "-v", "."]):
        assert guarded(words, repo, opened=opened).status == 2
    assert os.path.realpath(repo / "app/Dockerfile") in opened
    ours = (str(repo), *(os.path.realpath(path) for path in (*PYTHON, str(SOURCE))))
    assert [path for path in opened if not any(path == one or path.startswith(f"{one}/") for one in ours)] == []


PYTHON = {os.path.dirname(os.__file__), *filter(None, sys.path)}
SOURCE = Path(__file__).resolve().parents[2]

"""Every file that dfix opens, as something that is not a plain file: no run hangs, grows or shows what is elsewhere."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.build_context import put
from tests.hostile.guarded import guarded

SECRET = "hunter2-secret"
NODE = "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN npm ci\nRUN make all\n"
PYTHON = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN pip install .\n"
OTHERS = {
    "bundler": "FROM ruby:3.3\nWORKDIR /app\nCOPY . .\nRUN bundle install\n",
    "cargo": "FROM rust:1\nWORKDIR /app\nCOPY . .\nRUN cargo build --release\n",
    "go": "FROM golang:1\nWORKDIR /app\nCOPY . .\nRUN go build ./...\n",
    "maven": "FROM maven:3\nWORKDIR /app\nCOPY . .\nRUN mvn package\n",
    "composer": "FROM composer:2\nWORKDIR /app\nCOPY . .\nRUN composer install\n",
    "dotnet": "FROM mcr.microsoft.com/dotnet/sdk:8.0\nWORKDIR /app\nCOPY . .\nRUN dotnet publish\n",
    "uv": "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN uv sync --frozen\n",
    "poetry": "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN poetry install\n",
    "pnpm": "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN pnpm install --frozen-lockfile\n",
    "yarn": "FROM node:20\nWORKDIR /app\nCOPY . .\nRUN yarn install --frozen-lockfile\n",
}
NAMES = {
    NODE: (
        ".dockerignore Dockerfile.dockerignore .containerignore Dockerfile.containerignore compose.yaml compose.yml "
        "docker-compose.yml docker-compose.prod.yaml docker-bake.hcl docker-bake.json skaffold.yaml devcontainer.json "
        ".devcontainer/devcontainer.json .gitignore dfix.toml .dfix.toml pyproject.toml package.json package-lock.json "
        ".npmrc Makefile build.sh .github/workflows/ci.yml .gitlab-ci.yml Jenkinsfile npm-shrinkwrap.json Dockerfile"
    ),
    PYTHON: "requirements.txt setup.py setup.cfg pyproject.toml pip.conf MANIFEST.in",
    OTHERS["bundler"]: "Gemfile Gemfile.lock .bundle/config",
    OTHERS["cargo"]: "Cargo.toml Cargo.lock .cargo/config.toml",
    OTHERS["go"]: "go.mod go.sum go.work main.go",
    OTHERS["maven"]: "pom.xml .mvn/maven.config",
    OTHERS["composer"]: "composer.json composer.lock",
    OTHERS["dotnet"]: "a.csproj Directory.Build.props nuget.config global.json",
    OTHERS["uv"]: "uv.lock pyproject.toml",
    OTHERS["poetry"]: "poetry.lock pyproject.toml",
    OTHERS["pnpm"]: "pnpm-lock.yaml pnpm-workspace.yaml .pnpmfile.cjs",
    OTHERS["yarn"]: "yarn.lock .yarnrc .yarnrc.yml",
}
PLACES = [(text, name) for text, names in NAMES.items() for name in names.split()]
KINDS = "pipe socket to-pipe to-zero to-environment to-secret to-folder to-root loop dangling sparse"


def project(folder: Path, dockerfile: str) -> Path:
    """A repository with a Dockerfile, a second one that has nothing to do with it, and a secret beside it."""
    repository = folder / "repo"
    lock = '{"lockfileVersion": 3, "packages": {"": {}}}'
    put(
        repository,
        {
            ".git/HEAD": "",
            "Dockerfile": dockerfile,
            "package.json": "{}",
            "package-lock.json": lock,
            "requirements.txt": "requests==2.0\n",
            "node_modules/a/index.js": "",
            "other/Dockerfile": "FROM debian:12\nRUN apt-get update && apt-get install -y curl\n",
        },
    )
    put(folder, {"secret": f"TOKEN={SECRET}\n[{SECRET}\n"})
    return repository


def make_odd(path: Path, kind: str, secret: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    pipe = secret.with_name("pipe")
    if not pipe.exists():
        os.mkfifo(pipe)
    targets = {
        "to-pipe": str(pipe),
        "to-zero": "/dev/zero",
        "to-environment": "/proc/self/environ",
        "to-secret": str(secret),
        "to-folder": str(secret.parent),
        "to-root": "/",
        "loop": path.name,
        "dangling": "absent",
    }
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # the name of a socket may only be short
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
        os.chdir(here)
    elif kind == "sparse":
        with path.open("wb") as file:
            file.truncate(2_000_000_000)
    else:
        path.symlink_to(targets[kind])


@pytest.mark.parametrize(("dockerfile", "name"), PLACES, ids=[name for _, name in PLACES])
def test_no_file_hangs_or_tells_what_is_elsewhere(tmp_path: Path, dockerfile: str, name: str) -> None:
    for kind in KINDS.split():
        repository = project(tmp_path / kind, dockerfile)
        make_odd(repository / name, kind, tmp_path / kind / "secret")
        rules = "split-manifests,merge-runs,clean-up,dockerignore,multistage"
        ended = guarded(["--explain", "--unsafe", "--select", rules, "."], repository)
        assert ended.status in (0, 1, 2), (kind, ended)
        assert SECRET not in ended.said, (kind, ended)
        assert "internal error" not in ended.said, (kind, ended)
        above = name in ("dfix.toml", ".dfix.toml", "pyproject.toml")  # they govern the other one, too
        assert above or "other/Dockerfile:2: clean-up" in ended.out, (kind, ended)


@pytest.mark.parametrize("name", [".dockerignore", "Dockerfile.dockerignore", "Dockerfile", "dfix.toml", ".gitignore"])
def test_the_environment_is_not_shown(tmp_path: Path, name: str) -> None:
    repository = project(tmp_path, NODE)
    make_odd(repository / name, "to-environment", tmp_path / "secret")
    if name != "dfix.toml":
        put(repository, {"dfix.toml": 'select = ["dockerignore", "split-manifests"]\n'})
    command = [sys.executable, "-m", "dfix", "--diff", "--explain", "."]
    environment = {**os.environ, "GITHUB_TOKEN": SECRET}
    ended = subprocess.run(command, cwd=repository, env=environment, capture_output=True, timeout=120, check=False)
    assert SECRET.encode() not in ended.stdout + ended.stderr


def test_a_large_gitignore_is_told_and_the_search_goes_on(tmp_path: Path) -> None:
    repository = project(tmp_path, NODE)
    put(repository, {"other/.gitignore": "#" * 1_000_001})
    ended = guarded(["--output-format", "concise", "."], repository)
    assert ended.status == 2
    assert "other/.gitignore: larger than 1 MB" in ended.err
    assert "other/Dockerfile:2: clean-up" in ended.out


def test_a_gitignore_that_is_a_link_does_not_count_as_in_git(tmp_path: Path) -> None:
    repository = project(tmp_path, NODE)
    put(repository, {"patterns": "other\n"})
    (repository / ".gitignore").symlink_to("patterns")
    ended = guarded(["--output-format", "concise", "."], repository)
    assert "other/Dockerfile:2: clean-up" in ended.out


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dfix.toml", "a=" + "[" * 200_000),
        (".dfix.toml", "a=" + "[" * 3_000 + "]" * 3_000),
        ("pyproject.toml", "[tool.dfix]\nselect = " + "[" * 3_000 + "]" * 3_000),
        ("dfix.toml", "a = " + "{a=" * 3_000 + "1" + "}" * 3_000),
        ("dfix.toml", "a = 1\0"),
        ("dfix.toml", "a = 9" + "9" * 5_000),
        ("dfix.toml", "select = 3"),
    ],
)
def test_one_bad_settings_file_stops_no_other_file(tmp_path: Path, name: str, text: str) -> None:
    repository = project(tmp_path, NODE)
    put(repository, {f"bad/{name}": text, "bad/Dockerfile": NODE})
    ended = guarded(["--output-format", "concise", "."], repository)
    assert ended.status == 2
    assert f"bad/{name}" in ended.err
    assert "internal error" not in ended.err
    assert "other/Dockerfile:2: clean-up" in ended.out

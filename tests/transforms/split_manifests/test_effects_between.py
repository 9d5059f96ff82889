"""Commands between the copy of the tree and an install, and before the install in its own RUN."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.split_manifests.test_rule import split

PACKAGE = '{"name": "a", "dependencies": {"b": "1"}}'
LOCK = '{"name": "a", "lockfileVersion": 3, "packages": {"": {"name": "a", "dependencies": {"b": "1"}}}}'
NODE = {"package.json": PACKAGE, "package-lock.json": LOCK, "src/a.js": "", "conf/x": ""}
YARN = {"package.json": PACKAGE, "yarn.lock": "# yarn lockfile v1\n", "src/a.js": ""}
POETRY = {"pyproject.toml": "[tool.poetry]\npackage-mode = false\n", "poetry.lock": "", "a/__init__.py": ""}
GO = {"go.mod": "module a\nrequire b v1.0.0\n", "go.sum": "b v1.0.0 h1:x=\nb v1.0.0/go.mod h1:y=\n", "main.go": ""}
PIP = {"requirements.txt": "flask\n", "app/main.py": ""}

PASSES = [
    (NODE, "node:22", "which node", "npm ci"),
    (NODE, "node:22", "userdel node", "npm ci"),
    (NODE, "node:22", "a2enmod rewrite", "npm ci"),
    (NODE, "node:22", "sed -i s/a/b/ /etc/apt/sources.list", "npm ci"),
    (NODE, "node:22", "echo a | tee /etc/x", "npm ci"),
    (NODE, "node:22", "tar -xf /opt/x.tar -C /opt", "npm ci"),
    (NODE, "node:22", "git config --global url.x.insteadOf y", "npm ci"),
    (NODE, "node:22", "curl -fsSLo /usr/bin/tini https://example.com/tini", "npm ci"),
    (NODE, "node:22", "cat package.json", "npm ci"),
    (NODE, "node:22", "ln -s /app/conf/x /srv/x && ln -s /opt/a /etc/a && cat /etc/a", "npm ci"),
    (YARN, "node:22", "yarn config set registry https://example.com", "yarn install --frozen-lockfile"),
    (POETRY, "python:3.12", "poetry config virtualenvs.create false", "poetry install --no-root"),
    (GO, "golang:1.22", "go env -w GOPROXY=direct", "go mod download"),
    (PIP, "python:3.12", "python -m pip install wheel", "pip install -r requirements.txt"),
]

STOPS = [
    (NODE, "node:22", "cat conf/x", "npm ci", "reads conf/x"),
    (NODE, "node:22", "sed -i s/a/b/ package.json", "npm ci", "changes package.json"),
    (NODE, "node:22", "git config user.name x", "npm ci", "may read the copied files"),
    (NODE, "node:22", "grep -r x .", "npm ci", "has -r"),
    (NODE, "node:22", "tar -xf /opt/x.tar", "npm ci", "changes the current folder"),
    (NODE, "node:22", "userdel -r node", "npm ci", "has -r"),
    (NODE, "node:22", "find . -name x", "npm ci", "reads the current folder"),
    (NODE, "node:22", "ln -s /app/conf/x /etc/x && sed -i s/a/b/ /etc/x", "npm ci", "names /app/conf/x"),
    (NODE, "node:22", "ln -s /app/conf /etc/c && cat /etc/c/x", "npm ci", "names /app/conf"),
    (NODE, "node:22", "ln -s ../app/conf/x /etc && chmod 600 /etc/x", "npm ci", "names /app/conf/x"),
    ({**NODE, ".npmrc": ""}, "node:22", "npm config set a b", "npm ci", "changes ~/.npmrc"),
    ({**YARN, ".yarnrc": ""}, "node:22", "yarn config set a b", "yarn install --frozen-lockfile", "changes ~/.yarnrc"),
    (PIP | {"pyproject.toml": ""}, "python:3.12", "poetry config a b", "pip install -r requirements.txt", "pyproject"),
    (POETRY, "python:3.12", "poetry config --local a b", "poetry install --no-root", "has --local"),
    (GO, "golang:1.22", "go env -w A=b && make x", "go mod download", "`make x` may read"),
    (
        PIP | {"pip/__init__.py": ""},
        "python",
        "python -m pip install wheel",
        "pip install -r requirements.txt",
        "modules",
    ),
    (PIP | {"types.py": ""}, "python", "python -m pip install wheel", "pip install -r requirements.txt", "modules"),
]


@pytest.mark.parametrize(("files", "image", "command", "install"), PASSES)
def test_between_it_passes(tmp_path: Path, files: dict[str, str], image: str, command: str, install: str) -> None:
    text = f"FROM {image}\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN {install}\n"
    after = split(tmp_path, files, text).after.text
    commands = [line for line in after.splitlines() if line.startswith("RUN") or line == "COPY . ."]
    assert commands == [f"RUN {command}", f"RUN {install}", "COPY . ."]


@pytest.mark.parametrize(("files", "image", "command", "install"), PASSES)
def test_in_the_same_run_it_passes(
    tmp_path: Path, files: dict[str, str], image: str, command: str, install: str
) -> None:
    text = f"FROM {image}\nWORKDIR /app\nCOPY . .\nRUN {command} && {install}\n"
    assert split(tmp_path, files, text).after.text.endswith(f"RUN {command} && {install}\nCOPY . .\n")


@pytest.mark.parametrize(("files", "image", "command", "install", "why"), STOPS)
def test_between_it_stops(
    tmp_path: Path, files: dict[str, str], image: str, command: str, install: str, why: str
) -> None:
    text = f"FROM {image}\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN {install}\n"
    result = split(tmp_path, files, text)
    assert result.after.text == text
    assert any(why in refusal.reason for refusal in result.refusals), [r.reason for r in result.refusals]


@pytest.mark.parametrize(("files", "image", "command", "install", "why"), STOPS)
def test_in_the_same_run_it_stops(
    tmp_path: Path, files: dict[str, str], image: str, command: str, install: str, why: str
) -> None:
    text = f"FROM {image}\nWORKDIR /app\nCOPY . .\nRUN {command} && {install}\n"
    result = split(tmp_path, files, text)
    assert result.after.text == text
    assert any(why in refusal.reason for refusal in result.refusals), [r.reason for r in result.refusals]


def test_a_link_of_an_earlier_run(tmp_path: Path) -> None:
    text = "FROM node:22\nRUN ln -s /app/conf/x /etc/x\nWORKDIR /app\nCOPY . .\nRUN cat /etc/x\nRUN npm ci\n"
    result = split(tmp_path, NODE, text)
    assert result.after.text == text
    assert "reads /etc/x" in result.refusals[0].reason

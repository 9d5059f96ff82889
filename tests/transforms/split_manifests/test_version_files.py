"""Files of the project by which programs choose their own version: what asks them must not move above these files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.split_manifests.test_rule import NODE, split

FILES = {
    **NODE,
    "requirements.txt": "flask\n",
    "rust-toolchain.toml": "",
    "go.mod": "",
    "Gemfile.lock": "",
    "global.json": "{}",
    ".yarnrc.yml": "",
    "pnpm-lock.yaml": "lockfileVersion: '9.0'\nimporters:\n  .: {}\n",
}
STOPS = [
    ("pnpm add -g serve", "`pnpm add -g serve` reads package.json"),
    ("pnpm --version", "reads package.json"),
    ("yarn -v", "reads package.json"),
    ("yarn global add serve", "reads package.json"),
    ("rustc --version", "reads rust-toolchain.toml"),
    ("cargo -V", "reads rust-toolchain.toml"),
    ("go version", "reads go.mod"),
    ("bundle --version", "reads Gemfile.lock"),
    ("dotnet --info", "reads global.json"),
    ("mkdir /x && pnpm --version", "reads package.json"),
]


@pytest.mark.parametrize(("command", "why"), STOPS)
def test_it_would_find_no_version(tmp_path: Path, command: str, why: str) -> None:
    text = f"FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN pip install -r requirements.txt\n"
    result = split(tmp_path, FILES, text)
    assert result.after.text == text
    assert any(why in refusal.reason for refusal in result.refusals), [r.reason for r in result.refusals]


@pytest.mark.parametrize("command", ["pnpm add -g serve", "pnpm --version"])
def test_the_file_is_copied_before_it(tmp_path: Path, command: str) -> None:
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN pnpm install --frozen-lockfile\n"
    after = split(tmp_path, FILES, text).after.text
    lines = "COPY package.json pnpm-lock.yaml ./\n"
    assert after == text.replace("COPY . .\n", lines) + "COPY . .\n"


@pytest.mark.parametrize("command", ["npm i -g serve", "node --version", "cd /opt && pnpm --version"])
def test_there_is_no_such_file(tmp_path: Path, command: str) -> None:
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN npm ci\n"
    after = split(tmp_path, FILES, text).after.text
    assert after.endswith("RUN npm ci\nCOPY . .\n")


def test_corepack_looks_in_the_folders_above(tmp_path: Path) -> None:
    files = {
        "package.json": '{"packageManager": "yarn@1.22.19"}',
        "web/package.json": '{"name": "a", "version": "1.0.0"}',
        "web/yarn.lock": "# yarn lockfile v1\n",
        "web/a.js": "",
    }
    head = "FROM node:22\nRUN corepack enable\n"
    install = "WORKDIR /app/web\nRUN yarn install --frozen-lockfile\n"
    after = split(tmp_path, files, f"{head}COPY . /app\n{install}").after.text
    copies = "COPY web/package.json web/yarn.lock /app/web/\nCOPY package.json /app/\n"
    assert after == f"{head}{copies}{install}COPY . /app\n"


def test_corepack_stops_at_the_first_version(tmp_path: Path) -> None:
    files = {
        "package.json": "{}",
        "web/package.json": '{"name": "a", "version": "1.0.0", "packageManager": "yarn@1.22.19"}',
        "web/yarn.lock": "# yarn lockfile v1\n",
        "web/a.js": "",
    }
    head = "FROM node:22\nRUN corepack enable\n"
    install = "WORKDIR /app/web\nRUN yarn install --frozen-lockfile\n"
    after = split(tmp_path, files, f"{head}COPY . /app\n{install}").after.text
    assert after == f"{head}COPY web/package.json web/yarn.lock /app/web/\n{install}COPY . /app\n"


def test_volta(tmp_path: Path) -> None:
    package = '{"name": "a", "version": "1.0.0", "volta": {"node": "20.0.0"}}'
    text = "FROM debian\nRUN curl https://get.volta.sh | bash\nWORKDIR /app\nCOPY . .\nRUN npm i -g serve\nRUN npm ci\n"
    result = split(tmp_path, {**NODE, "package.json": package}, text)
    assert result.after.text == text
    assert "volta chooses a version by package.json for the RUN on line 5, too" in str(result.refusals)

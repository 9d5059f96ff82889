"""Installs that another program runs: dfix says that it does not follow them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.split_manifests.test_rule import NODE, split

FILES = {**NODE, ".omit": "--omit=dev", "a/package.json": '{"name": "b"}', "requirements.txt": "flask\n"}
SAID = [
    ("xargs npm ci < .omit", "`xargs npm ci`, which runs `npm ci`"),
    ("cat requirements.txt | xargs pip install", "which runs `pip install`"),
    ('bash -c "npm ci --omit=$(cat .omit)"', "which runs `npm ci`"),
    ("npx cross-env CI=1 npm ci", "which runs `npm ci`"),
    ("corepack yarn install", "which runs `yarn install`"),
    ("npm exec -- npm ci", "which runs `npm ci`"),
    ("find . -name package.json -execdir npm ci ';'", "which runs `npm ci`"),
    ("yarn workspace a install", "installs for a part of the workspace"),
    ("yarn workspaces foreach -A install", "installs for a part of the workspace"),
    ("pnpm recursive install", "installs for a part of the workspace"),
]
NOT_SAID = [
    "echo npm ci",
    "which mvn",
    "apt-get install -y gradle",
    "sdk install gradle",
    "yarn workspace a build",
    "npm run install",
]


@pytest.mark.parametrize(("command", "why"), SAID)
def test_it_is_said(tmp_path: Path, command: str, why: str) -> None:
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\n"
    result = split(tmp_path, FILES, text)
    assert result.after.text == text
    assert any(why in refusal.reason for refusal in result.refusals), [r.reason for r in result.refusals]


@pytest.mark.parametrize("command", NOT_SAID)
def test_there_is_no_install(tmp_path: Path, command: str) -> None:
    result = split(tmp_path, FILES, f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\n")
    assert not any("does not follow" in refusal.reason for refusal in result.refusals)

"""Variables of commands that move above the copy of the sources: what they name may come too late for them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.split_manifests.test_rule import NODE, split

FILES = {**NODE, "hook.js": "", "ca.pem": "", "ci/apt.conf": "", "ci/npmrc": "", ".curlrc": "", "lib/json.py": ""}
HEAD = "FROM node:22\nWORKDIR /app\nCOPY . .\n"

STOPS = [
    ("NODE_OPTIONS+=' -r ./hook.js' npm i -g serve", "NODE_OPTIONS makes"),
    ("NODE_OPTIONS='-r ./hook.js' node --version", "NODE_OPTIONS makes"),
    ("GNUPGHOME=/app/ci apt-key adv --recv-keys x", "GNUPGHOME names /app/ci"),
    ("if true; then NODE_OPTIONS='-r ./hook.js' npm i -g serve; fi", "NODE_OPTIONS makes"),
    ("(export NODE_OPTIONS='-r ./hook.js'; npm i -g serve)", "a file that NODE_OPTIONS names"),
    ("gem install --config-file hook.js a", "names hook.js"),
    ('NODE_OPTIONS="-r ./hook.js" npm i -g serve', "NODE_OPTIONS makes `npm i -g serve` read ./hook.js"),
    ("NODE_OPTIONS=--require=/app/hook.js npm i -g serve", "NODE_OPTIONS makes"),
    ("env NODE_OPTIONS='-r ./hook.js' npm i -g serve", "NODE_OPTIONS makes"),
    ("export NODE_OPTIONS='-r ./hook.js'; npm i -g serve", "NODE_OPTIONS makes"),
    ("export NODE_OPTIONS=$X && npm i -g serve", "its value is unknown before the build"),
    ("APT_CONFIG=ci/apt.conf apt-get update", "APT_CONFIG makes `apt-get update` read ci/apt.conf"),
    ("sudo APT_CONFIG=ci/apt.conf apt-get update", "APT_CONFIG makes"),
    ("APT_CONFIG=$PWD/ci/apt.conf apt-get update && apt-get install -y curl", "APT_CONFIG makes"),
    ("NPM_CONFIG_USERCONFIG=ci/npmrc npm i -g serve", "NPM_CONFIG_USERCONFIG makes"),
    ("X=ci/npmrc gem install a", "X names ci/npmrc, which comes with the sources, and `gem install a` may read it"),
    ("HOME=/app npm i -g serve", ".curlrc comes to /app, the home in which `npm i -g serve` looks"),
    ("PYTHONPATH=lib:/app/lib yarn global add a", "Python looks for modules"),
    ("NODE_EXTRA_CA_CERTS=/app/ca.pem npm i -g serve", "NODE_EXTRA_CA_CERTS makes"),
]
PASSES = [
    "DEBIAN_FRONTEND=noninteractive apt-get install -y curl",
    "NODE_OPTIONS=--max-old-space-size=2048 npm i -g serve",
    "NODE_ENV=production npm i -g serve",
    "APT_CONFIG=/etc/apt/other.conf apt-get update",
    "APP_HOME=/app/src npm i -g serve",
    "X=/app/src mkdir -p /data",
]


@pytest.mark.parametrize(("command", "why"), STOPS)
def test_a_variable_names_what_comes_late(tmp_path: Path, command: str, why: str) -> None:
    for text in (f"{HEAD}RUN {command}\nRUN npm ci\n", f"{HEAD}RUN {command} && npm ci\n"):
        result = split(tmp_path, FILES, text)
        assert result.after.text == text
        assert any(why in refusal.reason for refusal in result.refusals), [r.reason for r in result.refusals]


@pytest.mark.parametrize("command", PASSES)
def test_a_variable_names_nothing(tmp_path: Path, command: str) -> None:
    result = split(tmp_path, FILES, f"{HEAD}RUN {command}\nRUN npm ci\n")
    assert result.after.text.endswith("RUN npm ci\nCOPY . .\n")


def test_env_between_the_copy_and_the_install(tmp_path: Path) -> None:
    text = f"{HEAD}ENV APT_CONFIG=/app/ci/apt.conf\nRUN apt-get update\nENV APT_CONFIG=\nRUN npm ci\n"
    result = split(tmp_path, FILES, text)
    assert "APT_CONFIG makes `apt-get update` read /app/ci/apt.conf" in result.refusals[0].reason


def test_after_the_install_it_stays_below_the_copy(tmp_path: Path) -> None:
    later = "NODE_OPTIONS='-r ./hook.js' npm i -g serve"
    result = split(tmp_path, FILES, f"{HEAD}RUN npm ci && {later}\n")
    assert result.after.text.endswith(f"RUN npm ci\nCOPY . .\nRUN {later}\n")


def test_what_is_copied_first_is_there(tmp_path: Path) -> None:
    text = f"{HEAD}ENV NODE_EXTRA_CA_CERTS=/app/ca.pem\nRUN npm i -g serve\nRUN npm ci\n"
    after = split(tmp_path, FILES, text).after.text
    assert after.endswith("RUN npm i -g serve\nRUN npm ci\nCOPY . .\n")
    assert after.index("ca.pem ./") < after.index("npm i -g")

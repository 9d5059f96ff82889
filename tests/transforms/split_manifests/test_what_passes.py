"""Commands between the copy of the sources and the install that most Dockerfiles have, beside those that look like them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.transforms.split_manifests.test_rule import NODE, split

FILES = {**NODE, "public/a": "", "requirements.txt": "flask\n", "c.txt": ""}
PASSES = [
    'if [ "$A" = b ]; then npm i -g x; fi',
    'if [[ $A == b && -n "$C" ]]; then npm i -g x; fi',
    'test -z "$A" || npm i -g x',
    'case "$A" in b) npm i -g x;; esac',
    "ln -s /app/public /var/www/html",
    "rm -rf /var/www/html && ln -s /app/public /var/www/html",
    "install -m 0755 -d /etc/apt/keyrings",
    "install -d -o node -g node /data /cache",
    "install -Dm755 /opt/a /usr/local/bin/x",
    "install -m 755 -t /opt/bin /opt/a /opt/b",
    "wget -qO - https://example.com/key | apt-key add -",
    "wget -qO- https://example.com/key | apt-key add -",
    "curl -fsSL https://example.com/key -o - | apt-key add -",
    "npm set fund false",
    "npm set progress=false",
    "npm config set fund=false",
    "pip config set global.index-url https://example.com/simple",
    "pip config --user set global.timeout 60",
    "python -m pip config set global.index-url https://example.com/simple",
    "for d in a b; do mkdir -p /data/$d; done",
    'for d in a b/c; do mkdir -p "/data/${d}/x" && chown node "/data/$d"; done',
    "for d in /data/a /srv/b; do mkdir -p $d; done",
    "find /opt -name x -delete",
]
STOPS = [
    ('[ "$A" = b -o -f src/a.js ] && npm i -g x', "reads src/a.js"),
    ("[ /opt/a -nt src/a.js ] || npm i -g x", "reads src/a.js"),
    ('case "$(cat src/a.js)" in b) npm i -g x;; esac', "runs a command within it"),
    ("ln -s /app/public /usr/local/lib/node_modules/a", "names /app/public"),
    ("install -d src/b", "changes src/b"),
    ("install -m 0755 src/a.js /opt", "reads src/a.js"),
    ("install -m 0755 -t /opt src/a.js", "reads src/a.js"),
    ("cp -t /opt src/a.js", "reads src/a.js"),
    ("cp /opt/x -t /app", "changes /app"),
    ("wget -qO src/a.js https://example.com/key", "changes src/a.js"),
    ("npm set --location=project fund false", "--location"),
    ("pip config --site set global.timeout 60", "has --site"),
    ("pip config set install.constraint c.txt", "names c.txt"),
    ("pip config set global.cert /app/c.txt", "names /app/c.txt"),
    ("PIP_CONFIG_FILE=/x pip config set global.timeout 60", "depends on PIP_CONFIG_FILE"),
    ("for d in src b; do touch $d; done", "changes $d"),
    ("for d in ../app/src b; do rm -rf /data/$d; done", "changes /data/$d"),
    ("for d in a b; do d=/app/src; touch $d/x; done", "$d/x"),
    ("for f in src/a.js conf/app.conf; do cat $f > /opt/x; done", "reads $f"),
    ("for d in a $X; do mkdir -p $d; done", "$X"),
    ("find . -name x", "reads the current folder"),
    ("find /app -name x -delete", "changes /app"),
]


@pytest.mark.parametrize("command", PASSES)
def test_it_passes(tmp_path: Path, command: str) -> None:
    install = "pip install -r requirements.txt" if "pip" in command else "npm ci"
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN {install}\n"
    result = split(tmp_path, FILES, text)
    assert result.after.text.endswith(f"RUN {install}\nCOPY . .\n"), result.refusals


@pytest.mark.parametrize(("command", "why"), STOPS)
def test_it_stops(tmp_path: Path, command: str, why: str) -> None:
    install = "pip install -r requirements.txt" if "pip" in command else "npm ci"
    text = f"FROM node:22\nWORKDIR /app\nCOPY . .\nRUN {command}\nRUN {install}\n"
    result = split(tmp_path, FILES, text)
    assert result.after.text == text
    assert any(why in refusal.reason for refusal in result.refusals), [r.reason for r in result.refusals]

"""Whether a command may read or write what a COPY brought, /app in these tests."""

from __future__ import annotations

import pytest

from dfix.rewriter.dockerfile import parse
from dfix.rewriter.model import build
from dfix.rewriter.model.commands import located
from dfix.rewriter.model.touch import touches
from dfix.rewriter.text.source import Source


def brought(path: str) -> bool:
    """Whether the path is /app, lies within it, or above it."""
    return path == "/app" or path.startswith("/app/") or path == "/"


def reason(script: str) -> str:
    step = build(parse(Source("Dockerfile", f"FROM debian\nWORKDIR /app\nRUN {script}\n"))).stages[0].steps[-1]
    return next((found for found in (touches(item, brought) for item in located(step)) if found), "")


FREE = [
    "apt-get update && apt-get install -y --no-install-recommends curl git",
    "apk add --no-cache git",
    "yum -y install make",
    "echo hello",
    "echo 'a b' > /etc/x",
    "mkdir -p /data /var/lib/x",
    "chmod 755 /usr/local/bin/x",
    "chown -R 1000:1000 /data",
    "rm -rf /var/lib/apt/lists/*",
    "ln -s /usr/bin/python3 /usr/bin/python",
    "ln -s app.conf /etc/x",
    "cp /etc/a /etc/b",
    "touch /etc/x",
    "useradd -m app",
    "groupadd -r web && useradd -r -g web web",
    "corepack enable",
    "node --version",
    "npm install -g pnpm",
    "pip install poetry==1.8",
    "true 2>/dev/null",
    "true > /dev/null 2>&1",
    "cd /app",
    "cd /tmp && mkdir x",
    "test -f /etc/x",
]


@pytest.mark.parametrize("script", FREE)
def test_certainly_not(script: str) -> None:
    assert reason(script) == ""


MAY = [
    "make",
    "./configure",
    "python setup.py install",
    "node index.js",
    "npm run build",
    "npm install -g .",
    "npm install -g ./tool",
    "pip install .",
    "pip install -r requirements.txt",
    "pip install ./x.whl",
    "pip install -e git+x",
    "curl -o x https://a.b/c",
    "cat x",
    "cat < x",
    "echo a > x",
    "echo a > ./x",
    "echo a > /app/x",
    "echo $(ls)",
    "echo `ls`",
    "touch x",
    "mkdir sub",
    "chmod +x run.sh",
    "chown -R app /app",
    "chown -R app .",
    "chmod -R 755 /",
    "rm -rf *",
    "rm -rf /app/node_modules",
    "cp a /etc/b",
    "cp /etc/b a",
    "mv /app/a /etc/a",
    "cp $X /etc/b",
    "rm -rf ~/x",
    "ln a /etc/b",
    "$X -y",
    "apt-get install -y ./a.deb",
    "apt-get install -y /app/a.deb",
    "cd /tmp && cat ../app/x",
    "cd src && touch x",
    "cd $X && touch x",
    "sh -c 'cat x'",
    "sudo cat x",
    "env A=b ./x",
    "find . -name x",
    "test -f x",
    "[ -f x ]",
]


@pytest.mark.parametrize("script", MAY)
def test_perhaps(script: str) -> None:
    assert reason(script) != ""


def test_the_reason_names_the_command() -> None:
    assert reason("apt-get update && cat x") == "`cat x` touches x"
    assert reason("make all") == "`make all` may read the copied files"

from __future__ import annotations

import pytest

from dfix.rewriter.answers.reason import Reason, attempt
from dfix.rewriter.model.package_json_commands import started_commands

MANIFEST = {
    "scripts": {
        "prestart": "node check.js",
        "start": "NODE_ENV=production node dist/a.js",
        "start:prod": "npm start && echo done",
        "again": "npm run again",
        "both": "tsc; node a.js",
    }
}


@pytest.mark.parametrize(
    ("words", "commands"),
    [
        ("node a.js", ["node a.js"]),
        ("npm start", ["node check.js", "node dist/a.js"]),
        ("npm run start:prod", ["echo done", "node check.js", "node dist/a.js"]),
        ("yarn both", ["tsc", "node a.js"]),
        ("pnpm --silent run both", ["tsc", "node a.js"]),
        ("/usr/local/bin/npm run-script both", ["tsc", "node a.js"]),
    ],
)
def test_what_runs(words: str, commands: list[str]) -> None:
    assert started_commands(tuple(words.split()), MANIFEST) == commands


def test_a_shell_with_a_command() -> None:
    assert started_commands(("sh", "-c", "A=1 tsc && node a.js"), MANIFEST) == ["tsc", "node a.js"]


def test_start_without_a_script() -> None:
    assert started_commands(("npm", "start"), {}) == ["node server.js"]


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("npm run nothing", "the start command runs the script `nothing`, which package.json does not have"),
        ("npm exec x", "`npm exec x` does not run a script of package.json"),
        ("npm run again", "call each other"),
    ],
)
def test_unknown_commands(words: str, reason: str) -> None:
    found = attempt(started_commands, tuple(words.split()), MANIFEST)
    assert isinstance(found, Reason)
    assert reason in found.text

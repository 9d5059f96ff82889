"""The commands that a start command comes to, scripts of package.json followed."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import Any

from dfix.rewriter.answers.reason import LeaveAlone
from dfix.rewriter.knowledge.program_table import of_kind

RUNNERS = frozenset(("npm", "yarn", "pnpm", "bun"))
_JOINED = re.compile(r"&&|\|\||;|&")
_ASSIGNS = re.compile(r"\w+=")
_WITHOUT_RUN = frozenset(("start", "test", "restart", "stop"))
_MOST = 20


def started(words: tuple[str, ...], manifest: Mapping[str, Any]) -> list[str]:
    """The commands, without `npm run` and the like; `words` are the container's own."""
    scripts = manifest.get("scripts")
    scripts = scripts if isinstance(scripts, dict) else {}
    pending = [" ".join(words)]
    if posixpath.basename(words[0]) in of_kind("shell") and "-c" in words[:-1]:
        pending = _JOINED.split(words[words.index("-c") + 1])
    found: list[str] = []
    for _ in range(_MOST):
        if not pending:
            return found
        command = pending.pop(0).split()
        while command and _ASSIGNS.match(command[0]):
            command = command[1:]
        if not command:
            continue
        if posixpath.basename(command[0]) not in RUNNERS:
            found.append(" ".join(command))
            continue
        script = _script(command, scripts)
        pending += _JOINED.split(script)
    raise LeaveAlone("no-command", "the scripts of package.json call each other")


def _script(command: list[str], scripts: Mapping[str, Any]) -> str:
    """What `npm start`, `npm run NAME` or `yarn NAME` runs, with the script that comes before it."""
    operands = [word for word in command[1:] if not word.startswith("-")]
    runs = operands[:1] in (["run"], ["run-script"])
    name = "".join(operands[1:2] if runs else operands[:1])
    if posixpath.basename(command[0]) == "npm" and not runs and name not in _WITHOUT_RUN:
        raise LeaveAlone("no-command", f"`{' '.join(command)}` is not a script of package.json")
    script = scripts.get(name, "node server.js" if name == "start" else None)
    if not isinstance(script, str):
        raise LeaveAlone("no-command", f"package.json has no script `{name}`, which the command runs")
    before = scripts.get(f"pre{name}")
    return f"{before} && {script}" if isinstance(before, str) else script
